using System.Collections.Concurrent;
using System.Numerics;
using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Compute;

/// <summary>
/// Milliseconds that a model's stages take, measured at warm-up and updated by served images (exponential moving average): on the
/// device by input size, masks by task. Sizes not seen yet are scaled by pixels from the nearest one. Work on
/// the host grows with the uploaded image, and with the size of its masks, not with the input it is resized to: it is kept per pixel, or one huge image would make
/// the deadlines of small ones be refused. Thread-safe.
/// </summary>
/// <remarks>
/// Refused images are not measured. So that a slow period does not make deadlines be refused for ever, one image may be tried if none of
/// its kind has been measured for a while: <see cref="TryAdmitTrial"/>.
/// </remarks>
internal sealed class LatencyTable
{
    /// <summary>How long refusals may rely on an estimate without new measurements: about as long as a slow start or another process's burst lasts, and long enough for trials to cost next to nothing.</summary>
    public static readonly TimeSpan TrialInterval = TimeSpan.FromSeconds(5);

    /// <summary>Weight of a new measurement: about the last ten images count.</summary>
    private const double Learning = 0.2;

    /// <summary>Pixels of an uploaded image up to which its work on the host is taken as constant.</summary>
    private const long FixedPixels = 512 * 512;

    /// <summary>A single slow stage, such as one interrupted by a pause of the machine, says little about the others.</summary>
    private const double MaxSlowdown = 4;

    private readonly TimeProvider _time;
    private readonly long _created;

    /// <summary>Part of the whole decoder's time that a cut one takes, by its layers: nearly the same at every input.</summary>
    private readonly ConcurrentDictionary<int, double> _decoderShare = new();

    /// <summary>One encoder layer, the whole decoder, an image of <see cref="FixedPixels"/>, the gate's time in the stem's, no masks.</summary>
    private readonly ConcurrentDictionary<InputSize, StageTimes> _byInput = new();

    /// <summary>Masks of an image of <see cref="FixedPixels"/>.</summary>
    private readonly ConcurrentDictionary<MaskWork, double> _mask = new();

    /// <summary>When an image was last measured, or tried; uploads of about the same size (a power of two of pixels) together.</summary>
    private readonly ConcurrentDictionary<LatencyKey, long> _seen = new();

    public LatencyTable(TimeProvider time) => (_time, _created) = (time, time.GetTimestamp());

    /// <summary>Adds the times of one run. The first run of a size, and of a set of tasks, is taken unchanged.</summary>
    /// <param name="ran">Encoder and decoder layers that ran; a model without decoder exits has no decoder depth.</param>
    public void Learn(LatencyKey image, (int Depth, int? DecoderDepth) ran, StageTimes measured)
    {
        var atFixedPixels = ScaleHost(PerLayer(measured, ran), 1 / HostFactor(image.ImagePixels), 1 / MaskFactor(image));
        var device = atFixedPixels with { Mask = null };
        _byInput.AddOrUpdate(image.Input, device, (_, known) => Average(known, device));
        LearnMask(MaskWork.Of(image), atFixedPixels.Mask ?? 0);
        MarkSeen(image);
    }

    /// <summary>
    /// Adds what a run that its deadline cancelled tells: finished stages count as measured; the device's other stages are taken to be as much
    /// slower than expected as its stem and decoder were. This only corrects known times and adds no new ones.
    /// </summary>
    /// <param name="decoderDepth">Of the point that was chosen, as <see cref="Learn"/> has it.</param>
    /// <param name="finished">Stages that ran to their end.</param>
    public void LearnFromTimeout(LatencyKey image, int? decoderDepth, StageTimes finished)
    {
        if (!_byInput.ContainsKey(image.Input) || !IsKnown(MaskWork.Of(image), out _) || AtOneLayer(image) is not { } expected)
        {
            return;
        }

        if (Complete(finished, expected with { Decoder = expected.Decoder * DecoderShare(decoderDepth) }) is { } whole)
        {
            Learn(image, (1, decoderDepth), whole);
        }
    }

    /// <summary>Sets what a cut decoder takes of the whole one's time.</summary>
    /// <param name="layers">The decoder exit.</param>
    /// <param name="share">Above 0.</param>
    public void SetDecoderShare(int layers, double share) => _decoderShare[layers] = share;

    /// <summary>Corrects the known time of an input's stem, in milliseconds, the gate's included.</summary>
    public void LearnStem(InputSize input, double milliseconds)
    {
        if (_byInput.TryGetValue(input, out var known))
        {
            _byInput.TryUpdate(input, known with { Stem = known.Stem + ((milliseconds - known.Stem) * Learning) }, known);
        }
    }

    /// <summary>Adds the time of masks, in milliseconds, whether or not other stages are known.</summary>
    public void LearnMask(LatencyKey image, double milliseconds) => LearnMask(MaskWork.Of(image), milliseconds / MaskFactor(image));

    /// <summary>The expected times as known now; null if nothing has been measured yet.</summary>
    public LatencyEstimate? Estimate(LatencyKey image) => AtOneLayer(image) is { } times ? new LatencyEstimate(times, DecoderShare) : null;

    /// <summary>Whether an image whose deadline would be refused may run as a trial; true for one in each <see cref="TrialInterval"/> without measurements.</summary>
    public bool TryAdmitTrial(LatencyKey image)
    {
        var key = SeenKey(image);
        var seen = _seen.GetOrAdd(key, _created);
        return _time.GetElapsedTime(seen) >= TrialInterval && _seen.TryUpdate(key, _time.GetTimestamp(), seen);
    }

    /// <summary>Notes that an image of this kind has been measured, at whatever input.</summary>
    public void MarkSeen(LatencyKey image) => _seen[SeenKey(image)] = _time.GetTimestamp();

    /// <summary>Estimates a whole run at depth 1 from the finished stages of a run and its expected times; null if neither decoding nor stem finished.</summary>
    internal static StageTimes? Complete(StageTimes finished, StageTimes expected)
    {
        var stem = finished.Stem + (finished.Gate ?? 0);
        if (finished.Decode is null && stem is null)
        {
            return null;
        }

        var known = (stem is null ? 0 : expected.Stem ?? 0) + (finished.Decoder is null ? 0 : expected.Decoder ?? 0);
        var slowdown = known > 0 ? Math.Clamp(((stem ?? 0) + (finished.Decoder ?? 0)) / known, 1 / MaxSlowdown, MaxSlowdown) : 1;
        return new StageTimes
        {
            Decode = finished.Decode ?? expected.Decode,
            Stem = stem ?? expected.Stem,
            Encoder = expected.Encoder * slowdown,
            Decoder = finished.Decoder ?? (expected.Decoder * slowdown),
            Mask = finished.Mask ?? expected.Mask,
        };
    }

    private StageTimes? AtOneLayer(LatencyKey image) =>
        AtFixedPixels(image.Input) is { } times ? ScaleHost(times with { Mask = MaskOf(MaskWork.Of(image)) }, HostFactor(image.ImagePixels), MaskFactor(image)) : null;

    private double DecoderShare(int? layers) => layers is { } known ? _decoderShare.GetValueOrDefault(known, 1) : 1;

    private StageTimes PerLayer(StageTimes measured, (int Depth, int? DecoderDepth) ran) => new()
    {
        Decode = measured.Decode ?? 0,
        Stem = (measured.Stem ?? 0) + (measured.Gate ?? 0),
        Encoder = (measured.Encoder ?? 0) / ran.Depth,
        Decoder = (measured.Decoder ?? 0) / DecoderShare(ran.DecoderDepth),
        Mask = measured.Mask ?? 0,
    };

    private static StageTimes Average(StageTimes known, StageTimes measured) =>
        known.Map((stage, milliseconds) => milliseconds + (((measured[stage] ?? 0) - milliseconds) * Learning));

    private static StageTimes ScaleHost(StageTimes times, double decode, double mask) => times with { Decode = times.Decode * decode, Mask = times.Mask * mask };

    private static LatencyKey SeenKey(LatencyKey image) => image with { ImagePixels = BitOperations.Log2((ulong)image.ImagePixels), MaskPixels = null };

    private void LearnMask(MaskWork work, double atFixedPixels) =>
        _mask.AddOrUpdate(work, atFixedPixels, (_, known) => known + ((atFixedPixels - known) * Learning));

    /// <summary>A combination of tasks not seen before takes the sum of its tasks, a task not seen at all as long as the slowest, and one not seen with every pixel as long as without.</summary>
    private double MaskOf(MaskWork work)
    {
        if (IsKnown(work, out var known))
        {
            return known;
        }

        var (sum, dearest) = (0.0, _mask.Values.DefaultIfEmpty(0).Max());
        for (var rest = (int)work.Tasks; rest != 0; rest &= rest - 1)
        {
            sum += _mask.TryGetValue(new MaskWork((SegmentationTasks)(1 << BitOperations.TrailingZeroCount(rest)), EveryPixel: false), out var one) ? one : dearest;
        }

        return sum;
    }

    /// <param name="atFixedPixels">Where it has not been seen with every pixel, its time without.</param>
    private bool IsKnown(MaskWork work, out double atFixedPixels) => _mask.TryGetValue(work, out atFixedPixels) || _mask.TryGetValue(work with { EveryPixel = false }, out atFixedPixels);

    private static double MaskFactor(LatencyKey image) => HostFactor(image.MaskPixels ?? image.ImagePixels);

    private static double HostFactor(long imagePixels) => Math.Max(1, (double)imagePixels / FixedPixels);

    private StageTimes? AtFixedPixels(InputSize input)
    {
        if (_byInput.TryGetValue(input, out var exact))
        {
            return exact;
        }

        var pixels = (double)input.Height * input.Width;
        StageTimes? nearest = null;
        var nearestRatio = double.PositiveInfinity;
        foreach (var (size, times) in _byInput)
        {
            var factor = pixels / ((double)size.Height * size.Width);
            var ratio = Math.Max(factor, 1 / factor);
            if (ratio < nearestRatio)
            {
                (nearest, nearestRatio) = (times.Map((stage, milliseconds) => stage == Stage.Decode ? milliseconds : milliseconds * factor), ratio);
            }
        }

        return nearest;
    }

    /// <summary>What masks take time by, apart from their size.</summary>
    private readonly record struct MaskWork(SegmentationTasks Tasks, bool EveryPixel)
    {
        public static MaskWork Of(LatencyKey image) => new(image.Tasks, image.EveryPixel);
    }
}
