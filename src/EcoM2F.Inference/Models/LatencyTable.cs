using System.Collections.Concurrent;

namespace EcoM2F.Inference.Models;

/// <summary>
/// Milliseconds that a model's stages take by input size, measured at warm-up and kept current by what is served
/// (exponential moving average). Sizes not seen yet are scaled by pixels from the nearest one. Work on the host grows with the
/// uploaded image, not with the input it is resized to: it is kept per pixel, else one huge image would have deadlines of
/// small ones refused. Thread-safe.
/// </summary>
public sealed class LatencyTable
{
    /// <summary>Weight of a new measurement: about the last ten images count.</summary>
    private const double Learning = 0.2;

    /// <summary>Pixels of an uploaded image up to which its work on the host counts as fixed.</summary>
    private const long FixedPixels = 512 * 512;

    private readonly ConcurrentDictionary<(int Height, int Width), StageLatency> _bySize = new();

    /// <summary>Adds what one run took. The first of a size is taken as it is.</summary>
    /// <param name="height">Of the model's input.</param>
    /// <param name="width">Of the model's input.</param>
    /// <param name="imagePixels">Of the image as it was uploaded.</param>
    public void Learn(int height, int width, StageLatency measured, long imagePixels)
    {
        var atFixedPixels = measured.OnHostTimes(1 / HostFactor(imagePixels));
        _bySize.AddOrUpdate((height, width), atFixedPixels, (_, known) => known.Toward(atFixedPixels, Learning));
    }

    /// <summary>Expected times at a size, or null where nothing has been measured at all.</summary>
    /// <param name="height">Of the model's input.</param>
    /// <param name="width">Of the model's input.</param>
    /// <param name="imagePixels">Of the image as it was uploaded.</param>
    public StageLatency? At(int height, int width, long imagePixels) =>
        AtFixedPixels(height, width) is { } latency ? latency.OnHostTimes(HostFactor(imagePixels)) : null;

    private static double HostFactor(long imagePixels) => Math.Max(1, (double)imagePixels / FixedPixels);

    private StageLatency? AtFixedPixels(int height, int width)
    {
        if (_bySize.TryGetValue((height, width), out var exact))
        {
            return exact;
        }

        var pixels = (double)height * width;
        StageLatency? nearest = null;
        var nearestRatio = double.PositiveInfinity;
        foreach (var (size, latency) in _bySize)
        {
            var factor = pixels / ((double)size.Height * size.Width);
            var ratio = Math.Max(factor, 1 / factor);
            if (ratio < nearestRatio)
            {
                (nearest, nearestRatio) = (latency.Times(factor), ratio);
            }
        }

        return nearest;
    }
}

/// <summary>Milliseconds of one image.</summary>
/// <param name="Stem">Stem and gate.</param>
/// <param name="Layer">One encoder layer.</param>
/// <param name="Decoder">Pixel decoder's end and transformer decoder.</param>
/// <param name="Decode">Image decoding and resizing, on the host.</param>
/// <param name="Mask">Post-processing, on the host.</param>
public sealed record StageLatency(double Stem, double Layer, double Decoder, double Decode, double Mask)
{
    /// <summary>Time on the device at a depth.</summary>
    public TimeSpan Device(int depth) => TimeSpan.FromMilliseconds(Stem + (Layer * depth) + Decoder);

    /// <summary>Whole time at a depth, without waiting.</summary>
    public TimeSpan Total(int depth) => Device(depth) + TimeSpan.FromMilliseconds(Decode + Mask);

    /// <summary>What is still to come at a depth once stem and gate have run.</summary>
    public TimeSpan AfterGate(int depth) => TimeSpan.FromMilliseconds((Layer * depth) + Decoder + Mask);

    internal StageLatency Times(double factor) => new(Stem * factor, Layer * factor, Decoder * factor, Decode, Mask);

    internal StageLatency OnHostTimes(double factor) => this with { Decode = Decode * factor, Mask = Mask * factor };

    internal StageLatency Toward(StageLatency measured, double weight) => new(
        Stem + ((measured.Stem - Stem) * weight),
        Layer + ((measured.Layer - Layer) * weight),
        Decoder + ((measured.Decoder - Decoder) * weight),
        Decode + ((measured.Decode - Decode) * weight),
        Mask + ((measured.Mask - Mask) * weight));
}
