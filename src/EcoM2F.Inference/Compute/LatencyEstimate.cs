namespace EcoM2F.Inference.Compute;

/// <summary>What an image is expected to take at any point of its input size.</summary>
/// <param name="atOneLayer">With one encoder layer; the gate's time within the stem's.</param>
internal sealed class LatencyEstimate(StageTimes atOneLayer)
{
    public StageTimes At(ComputePoint point) => atOneLayer with { Encoder = atOneLayer.Encoder * point.Depth };
}
