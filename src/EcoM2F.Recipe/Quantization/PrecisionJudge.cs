using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Inference.Results;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Quantization;

/// <summary>
/// How far a model's graphs of another precision agree with its fp32 graphs, on photographs without labels. Agreement is what it is
/// everywhere: PQ (of boxes AP, of labels mIoU) with the result of the deepest exit, here that of the fp32 graphs, as the mean of the
/// photographs' own. Photographs in which neither finds anything do not count.
/// </summary>
public sealed class PrecisionJudge
{
    private readonly Agreement _agreement;
    private readonly IReadOnlyList<UsedPhoto> _photos;

    private PrecisionJudge(Agreement agreement, IReadOnlyList<UsedPhoto> photos) => (_agreement, _photos) = (agreement, photos);

    /// <summary>What a model's agreement is measured as: PQ, mask AP, box AP or mIoU.</summary>
    public static string MetricOf(ModelManifest model) => Agreement.Of(model).Metric;

    /// <summary>Runs the fp32 graphs on the photographs; their results are kept as what others are compared with.</summary>
    /// <param name="paths">Of photographs that can be decoded.</param>
    /// <param name="advance">Called after each.</param>
    /// <exception cref="RecipeException">A photograph can no longer be read, or the model finds nothing in any of them.</exception>
    public static async Task<PrecisionJudge> ReferAsync(ExitsEngine fp32, IReadOnlyList<string> paths, Action advance, CancellationToken cancellationToken)
    {
        var agreement = Agreement.Of(fp32.Model);
        var photos = new List<UsedPhoto>();
        foreach (var path in paths)
        {
            var results = await ResultsAsync(fp32, agreement, path, cancellationToken).ConfigureAwait(false);
            var scorer = agreement.Scorer(results[^1]);
            photos.Add(new UsedPhoto(path, scorer, [.. results.Select(scorer)]));
            advance();
        }

        var judge = new PrecisionJudge(agreement, photos);
        return judge.Of([.. photos.Select(static photo => photo.Counts)]).Any(double.IsNaN)
            ? throw new RecipeException($"Model '{fp32.Model.Name}' finds nothing in these photographs that another precision could agree with; give photographs of what it knows.")
            : judge;
    }

    /// <summary>Runs another precision of the same model on the photographs.</summary>
    /// <exception cref="RecipeException">A photograph can no longer be read.</exception>
    public async Task<PrecisionAgreement> JudgeAsync(ExitsEngine other, CancellationToken cancellationToken)
    {
        var counts = new List<ImageCounts[]>();
        foreach (var photo in _photos)
        {
            var results = await ResultsAsync(other, _agreement, photo.Path, cancellationToken).ConfigureAwait(false);
            counts.Add([.. results.Select(photo.Scorer)]);
        }

        return new PrecisionAgreement(Of([.. _photos.Select(static photo => photo.Counts)]), Of(counts));
    }

    /// <returns>By exit: the mean of the photographs' own agreement.</returns>
    private IReadOnlyList<double> Of(IReadOnlyList<ImageCounts[]> photos) =>
        [.. Enumerable.Range(0, photos[0].Length).Select(exit => new MeanMetric([.. photos.Select(counts => _agreement.OfImage(counts[exit]))]).Quality([]))];

    private static async Task<SegmentationResult[]> ResultsAsync(ExitsEngine engine, Agreement agreement, string path, CancellationToken cancellationToken)
    {
        try
        {
            using var prepared = engine.Prepare(await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false), mirrored: false, cancellationToken);
            using var run = await engine.RunAsync(prepared, gates: false, similarities: false, cancellationToken).ConfigureAwait(false);
            var results = new SegmentationResult[run.Points.Count];
            Parallel.For(0, results.Length, new ParallelOptions { CancellationToken = cancellationToken }, i => results[i] = engine.ToResult(run, i, agreement.Needs, cancellationToken));
            return results;
        }
        catch (Exception exception) when (exception is SegmentationException { Error: not SegmentationError.ModelFailed } or IOException or UnauthorizedAccessException)
        {
            throw new RecipeException($"{path} can no longer be read: {exception.Message}", exception);
        }
    }

    /// <param name="Scorer">Compares with the fp32 result at the deepest exit.</param>
    /// <param name="Counts">By exit: of the fp32 result.</param>
    private sealed record UsedPhoto(string Path, Func<SegmentationResult, ImageCounts> Scorer, ImageCounts[] Counts);
}
