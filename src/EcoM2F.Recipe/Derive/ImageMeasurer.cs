using System.Diagnostics;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Inference.Results;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Derive;

/// <summary>
/// Measures images of a set at every point: decoded, through the model, made into masks and compared with the truth point by point. The model
/// has one image at a time; the rest runs on the caller's threads, so that several calls keep the device busy. Thread-safe.
/// </summary>
internal sealed class ImageMeasurer(ExitsEngine engine, Dataset set, MeasuredParts parts)
{
    /// <summary>Index of what agreement refers to.</summary>
    private readonly int _reference = engine.Model.Points.ToList().IndexOf(engine.Model.FullPoint);

    /// <summary>Measures the images in their order, several at once. The first is measured twice, as a first run's times are those of a cold program.</summary>
    /// <param name="deliver">Called with one image after the other.</param>
    /// <exception cref="RecipeException">An image or its truth can no longer be read.</exception>
    public async Task MeasureAllAsync(IReadOnlyList<DatasetImage> images, Action<MeasuredImage> deliver, CancellationToken cancellationToken)
    {
        if (images.Count > 0)
        {
            await MeasureAsync(images[0], cancellationToken).ConfigureAwait(false);
        }

        await OrderedWork.RunAsync(images, MeasureAsync, deliver, cancellationToken).ConfigureAwait(false);
    }

    private async Task<MeasuredImage> MeasureAsync(DatasetImage image, CancellationToken cancellationToken)
    {
        var bytes = ImageBytes.Read(image);
        using var prepared = Prepare(image, bytes, mirrored: false, cancellationToken);
        using var run = await engine.RunAsync(prepared, parts.Gates, parts.Similarities, cancellationToken).ConfigureAwait(false);
        var score = set.Scorer(image, () => engine.ToResult(run, _reference, set.NeedsOf(engine.Model), cancellationToken));
        var (counts, quality, mask) = Score(run, score, cancellationToken);
        var mirror = parts.Mirror ? await MirrorAsync(image, bytes, score, cancellationToken).ConfigureAwait(false) : null;
        return new MeasuredImage
        {
            Image = image.Name,
            Points = run.Points,
            Counts = counts,
            Quality = quality,
            MirrorQuality = mirror,
            Pooled = run.Pooled,
            Gates = run.Gates,
            Similarities = run.Similarities,
            Times = [.. run.Times.Select((times, point) => times with { Mask = mask[point] })],
            Probe = run.Probe,
        };
    }

    private async Task<double[]> MirrorAsync(DatasetImage image, byte[] bytes, Func<SegmentationResult, ImageCounts> score, CancellationToken cancellationToken)
    {
        using var prepared = Prepare(image, bytes, mirrored: true, cancellationToken);
        using var run = await engine.RunAsync(prepared, gates: false, similarities: false, cancellationToken).ConfigureAwait(false);
        return Score(run, score, cancellationToken).Quality;
    }

    private (ImageCounts[] Counts, double[] Quality, double[] Mask) Score(ExitsRun run, Func<SegmentationResult, ImageCounts> score, CancellationToken cancellationToken)
    {
        var points = run.Points.Count;
        var (counts, quality, mask) = (new ImageCounts[points], new double[points], new double[points]);
        for (var point = 0; point < points; point++)
        {
            var start = Stopwatch.GetTimestamp();
            var result = engine.ToResult(run, point, set.NeedsOf(engine.Model), cancellationToken);
            mask[point] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            counts[point] = score(result);
            quality[point] = set.ImageQuality(counts[point]);
        }

        return (counts, quality, mask);
    }

    private PreparedImage Prepare(DatasetImage image, byte[] bytes, bool mirrored, CancellationToken cancellationToken)
    {
        try
        {
            return engine.Prepare(bytes, mirrored, cancellationToken);
        }
        catch (SegmentationException exception)
        {
            throw ImageBytes.Unreadable(image, exception);
        }
    }
}

/// <summary>What is measured beside quality, pooled feature and times.</summary>
/// <param name="Gates">Scores of the model's gates.</param>
/// <param name="Similarities">How much each layer changes.</param>
/// <param name="Mirror">A second run with left and right exchanged.</param>
internal readonly record struct MeasuredParts(bool Gates, bool Similarities, bool Mirror)
{
    /// <summary>Whether an image was measured with these parts, and maybe more.</summary>
    public bool AreIn(MeasuredImage image) =>
        (!Gates || image.Gates.Count > 0) && (!Similarities || image.Similarities.Length > 0) && (!Mirror || image.MirrorQuality is not null);
}
