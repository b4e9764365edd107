using EcoM2F.Inference.Pipeline;
using EcoM2F.Inference.Results;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Derive;

namespace EcoM2F.Recipe.Evaluation;

/// <summary>Draws the images where depth matters most: half of them gain by it, half lose.</summary>
internal sealed class DepthExamples(ExitsEngine engine, MeasuredSet set)
{
    private const int LongestSide = 440;

    /// <summary>Instances that are shown: all that average precision takes would cover the image.</summary>
    private const float ShownScore = 0.5f;

    /// <summary>Runs the chosen images again.</summary>
    /// <param name="count">How many at most.</param>
    public async Task<IReadOnlyList<DepthExample>> DrawAsync(int count, CancellationToken cancellationToken)
    {
        var examples = new List<DepthExample>();
        foreach (var index in Choose(count))
        {
            examples.Add(await DrawAsync(set.Set.Images[index], set.Images[index], cancellationToken).ConfigureAwait(false));
        }

        return examples;
    }

    /// <summary>Largest gains first, then largest losses, the largest of them last.</summary>
    private IEnumerable<int> Choose(int count)
    {
        var byGain = Enumerable.Range(0, set.Images.Count)
            .Where(i => !double.IsNaN(set.Images[i].Quality[0]))
            .OrderByDescending(i => set.Images[i].Quality[^1] - set.Images[i].Quality[0])
            .ToList();
        var (gains, losses) = ((count + 1) / 2, count / 2);
        return byGain.Count <= count ? byGain : byGain.Take(gains).Concat(byGain.TakeLast(losses));
    }

    private async Task<DepthExample> DrawAsync(DatasetImage image, MeasuredImage measured, CancellationToken cancellationToken)
    {
        using var prepared = engine.Prepare(ImageBytes.Read(image), mirrored: false, cancellationToken);
        using var run = await engine.RunAsync(prepared, gates: false, similarities: false, cancellationToken).ConfigureAwait(false);
        var pixels = ImageBytes.Decode(image, cancellationToken).Pixels;
        var (shallow, deep) = (At(0), At(measured.Quality.Length - 1));
        return new DepthExample(
            image.Name,
            Overlay.EncodeSmall(shallow, LongestSide, masks: false),
            new ExampleMasks(engine.Model.Exits[0], measured.Quality[0], Overlay.EncodeSmall(shallow, LongestSide)),
            new ExampleMasks(engine.Model.MaxDepth, measured.Quality[^1], Overlay.EncodeSmall(deep, LongestSide)));

        SegmentationResult At(int exit) => engine.ToResult(run, exit, set.Set.NeedsOf(engine.Model), cancellationToken, ShownScore) with { Pixels = pixels };
    }
}
