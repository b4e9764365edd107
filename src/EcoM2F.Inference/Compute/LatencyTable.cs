using System.Collections.Concurrent;
using System.Numerics;
using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Compute;

/// <summary>
/// Milliseconds that a model's stages take, measured at warm-up and kept current by what is served (exponential moving average): on the
/// device by input size, masks by the tasks that they are made for. Sizes not seen yet are scaled by pixels from the nearest one. Work on
/// the host grows with the uploaded image, not with the input it is resized to: it is kept per pixel, else one huge image would have
/// deadlines of small ones refused. Thread-safe.
/// </summary>
/// <remarks>
/// Refusals teach nothing. So that a slow spell does not have deadlines refused for good, one image may be tried where none like it has
/// been measured for a while: <see cref="TryProbe"/>.
/// </remarks>
public sealed class LatencyTable
{
    /// <summary>How long refusals may rest on an estimate: about what a slow start or a neighbour's burst lasts, and rarely enough that the tries cost nothing.</summary>
    public static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(5);

    /// <summary>Weight of a new measurement: about the last ten images count.</summary>
    private const double Learning = 0.2;

    /// <summary>Pixels of an uploaded image up to which its work on the host counts as fixed.</summary>
    private const long FixedPixels = 512 * 512;

    private readonly TimeProvider _time;
    private readonly long _created;

    /// <summary>Without masks.</summary>
    private readonly ConcurrentDictionary<(int Height, int Width), StageLatency> _bySize = new();

    /// <summary>Masks of an image of <see cref="FixedPixels"/>.</summary>
    private readonly ConcurrentDictionary<SegmentationTasks, double> _mask = new();

    /// <summary>When an image was last measured, or tried; uploads of about the same size (a power of two of pixels) together.</summary>
    private readonly ConcurrentDictionary<(int Height, int Width, int Pixels, SegmentationTasks Tasks), long> _seen = new();

    public LatencyTable(TimeProvider time) => (_time, _created) = (time, time.GetTimestamp());

    /// <summary>Adds what one run took. The first of a size, and of tasks, is taken as it is.</summary>
    /// <param name="tasks">What the masks were made for.</param>
    public void Learn(ImageKind image, SegmentationTasks tasks, StageLatency measured)
    {
        var atFixedPixels = measured.OnHostTimes(1 / HostFactor(image.Pixels));
        _bySize.AddOrUpdate(
            (image.Height, image.Width),
            atFixedPixels with { Mask = 0 },
            (_, known) => known.Toward(atFixedPixels, Learning) with { Mask = 0 });
        LearnMask(tasks, atFixedPixels.Mask);
        _seen[Seen(image, tasks)] = _time.GetTimestamp();
    }

    /// <summary>Adds what a run would have taken that was cut off: part of it is a guess, which may correct what is known and no more.</summary>
    public void LearnOfCut(ImageKind image, SegmentationTasks tasks, StageLatency guessed)
    {
        if (_bySize.ContainsKey((image.Height, image.Width)) && _mask.ContainsKey(tasks))
        {
            Learn(image, tasks, guessed);
        }
    }

    /// <summary>Adds what masks took, whatever else is known.</summary>
    public void LearnMask(ImageKind image, SegmentationTasks tasks, double milliseconds) => LearnMask(tasks, milliseconds / HostFactor(image.Pixels));

    /// <summary>Expected times, or null where nothing has been measured at all.</summary>
    /// <param name="tasks">What masks are to be made for.</param>
    public StageLatency? At(ImageKind image, SegmentationTasks tasks) => AtFixedPixels(image.Height, image.Width) is { } latency
        ? (latency with { Mask = MaskOf(tasks) }).OnHostTimes(HostFactor(image.Pixels))
        : null;

    /// <summary>Whether an image whose deadline would be refused may be tried all the same; true for one in each <see cref="ProbeInterval"/> without measurements.</summary>
    public bool TryProbe(ImageKind image, SegmentationTasks tasks)
    {
        var key = Seen(image, tasks);
        var seen = _seen.GetOrAdd(key, _created);
        return _time.GetElapsedTime(seen) >= ProbeInterval && _seen.TryUpdate(key, _time.GetTimestamp(), seen);
    }

    private static (int Height, int Width, int Pixels, SegmentationTasks Tasks) Seen(ImageKind image, SegmentationTasks tasks) =>
        (image.Height, image.Width, BitOperations.Log2((ulong)image.Pixels), tasks);

    private void LearnMask(SegmentationTasks tasks, double atFixedPixels) =>
        _mask.AddOrUpdate(tasks, atFixedPixels, (_, known) => known + ((atFixedPixels - known) * Learning));

    /// <summary>Tasks not seen together take what each takes alone, and one not seen at all what the dearest does.</summary>
    private double MaskOf(SegmentationTasks tasks)
    {
        if (_mask.TryGetValue(tasks, out var known))
        {
            return known;
        }

        var (sum, dearest) = (0.0, _mask.Values.DefaultIfEmpty(0).Max());
        for (var rest = (int)tasks; rest != 0; rest &= rest - 1)
        {
            sum += _mask.TryGetValue((SegmentationTasks)(1 << BitOperations.TrailingZeroCount(rest)), out var one) ? one : dearest;
        }

        return sum;
    }

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

/// <summary>What an image's times depend on.</summary>
/// <param name="Height">Of the model's input.</param>
/// <param name="Width">Of the model's input.</param>
/// <param name="Pixels">Of the image as it was uploaded.</param>
public readonly record struct ImageKind(int Height, int Width, long Pixels);

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
