namespace EcoM2F.Inference.Compute;

/// <summary>The expected stage times of an image at any point of its input size.</summary>
/// <param name="atOneLayer">Expected times with one encoder layer and the whole decoder; the gate's time is part of the stem's.</param>
/// <param name="decoderShare">Part of the whole decoder's time that one of so many layers takes.</param>
internal sealed class LatencyEstimate(StageTimes atOneLayer, Func<int?, double> decoderShare)
{
    public StageTimes At(ComputePoint point) => atOneLayer with { Encoder = atOneLayer.Encoder * point.Depth, Decoder = atOneLayer.Decoder * decoderShare(point.DecoderDepth) };
}
