namespace EcoM2F.Inference.Compute;

/// <summary>The expected stage times of an image at any point of its input size.</summary>
/// <param name="atOneLayer">Expected times with one encoder layer; the gate's time is part of the stem's.</param>
internal sealed class LatencyEstimate(StageTimes atOneLayer)
{
    public StageTimes At(ComputePoint point) => atOneLayer with { Encoder = atOneLayer.Encoder * point.Depth };
}
