using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Inference.Results;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Derive;

namespace EcoM2F.Recipe.Evaluation;

/// <summary>Draws the images where depth, or the size, matters most: half of them gain by it, half lose. The chosen images are run again.</summary>
internal sealed class DepthExamples(ExitsEngine engine, MeasuredSet set)
{
    private const int LongestSide = 440;

    /// <summary>Instances that are shown: all that average precision takes would cover the image.</summary>
    private const float ShownScore = 0.5f;

    /// <summary>The first and the last exit at the own size.</summary>
    /// <param name="count">How many images at most.</param>
    public Task<IReadOnlyList<DepthExample>> DrawDepthsAsync(int count, CancellationToken cancellationToken) =>
        DrawAsync(count, engine.Model.FullPoint with { Depth = engine.Model.Exits[0] }, engine.Model.FullPoint, static point => FormattableString.Invariant($"depth {point.Depth}"), cancellationToken);

    /// <summary>The smallest and the largest size at the last exit.</summary>
    /// <param name="count">How many images at most.</param>
    /// <returns>Empty where there is one size.</returns>
    public Task<IReadOnlyList<DepthExample>> DrawSizesAsync(int count, CancellationToken cancellationToken)
    {
        var (sizes, full) = (engine.Model.ShortestEdges, engine.Model.FullPoint);
        return DrawAsync(
            engine.Model.HasSizes ? count : 0, full with { Size = sizes[0] }, full with { Size = sizes[^1] }, static point => FormattableString.Invariant($"size {point.Size}"), cancellationToken);
    }

    private async Task<IReadOnlyList<DepthExample>> DrawAsync(int count, GatePoint less, GatePoint more, Func<GatePoint, string> name, CancellationToken cancellationToken)
    {
        var points = engine.Model.Points.ToList();
        var pair = (Less: points.IndexOf(less), LessName: name(less), More: points.IndexOf(more), MoreName: name(more));
        var examples = new List<DepthExample>();
        foreach (var index in Choose(count, pair.Less, pair.More))
        {
            examples.Add(await DrawAsync(set.Set.Images[index], set.Images[index], pair, cancellationToken).ConfigureAwait(false));
        }

        return examples;
    }

    /// <summary>Largest gains first, then largest losses, the largest of them last.</summary>
    private IEnumerable<int> Choose(int count, int less, int more)
    {
        var byGain = Enumerable.Range(0, set.Images.Count)
            .Where(i => !double.IsNaN(set.Images[i].Quality[less]))
            .OrderByDescending(i => set.Images[i].Quality[more] - set.Images[i].Quality[less])
            .ToList();
        var (gains, losses) = ((count + 1) / 2, count / 2);
        return byGain.Count <= count ? byGain : byGain.Take(gains).Concat(byGain.TakeLast(losses));
    }

    private async Task<DepthExample> DrawAsync(
        DatasetImage image, MeasuredImage measured, (int Less, string LessName, int More, string MoreName) pair, CancellationToken cancellationToken)
    {
        using var prepared = engine.Prepare(ImageBytes.Read(image), mirrored: false, cancellationToken);
        using var run = await engine.RunAsync(prepared, gates: false, similarities: false, cancellationToken).ConfigureAwait(false);
        var pixels = ImageBytes.Decode(image, cancellationToken).Pixels;
        var (less, more) = (At(pair.Less), At(pair.More));
        return new DepthExample(
            image.Name,
            Overlay.EncodeSmall(less, LongestSide, masks: false),
            new ExampleMasks(pair.LessName, measured.Quality[pair.Less], Overlay.EncodeSmall(less, LongestSide)),
            new ExampleMasks(pair.MoreName, measured.Quality[pair.More], Overlay.EncodeSmall(more, LongestSide)));

        SegmentationResult At(int point) => engine.ToResult(run, point, set.Set.NeedsOf(engine.Model), cancellationToken, ShownScore) with { Pixels = pixels };
    }
}
