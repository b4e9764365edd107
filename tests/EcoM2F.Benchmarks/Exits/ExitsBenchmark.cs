using System.Diagnostics;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Recipe.Adapters;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Benchmarks.Exits;

/// <summary>
/// Variants of the map that <c>fit-exits</c> puts behind exits, fitted on photographs and judged on others that are held out, and on
/// labelled sets: what each gains over the plain map per GMAC, beside one encoder layer more.
/// </summary>
internal static class ExitsBenchmark
{
    private const int Photos = 80;
    private const double Holdout = 0.25;

    /// <param name="model">A model folder with several levels and three exits at least.</param>
    /// <param name="photos">Folder of photographs.</param>
    /// <param name="datasets">DATASET files.</param>
    public static async Task RunAsync(string model, string photos, IReadOnlyList<string> datasets)
    {
        var start = Stopwatch.GetTimestamp();
        var found = FitPhotos.Find(photos, Photos, Holdout, progress: null, CancellationToken.None);
        using var engine = ExitsEngine.Open(model, "cpu", CancellationToken.None);
        var exits = engine.Model.Exits;
        Console.WriteLine($"model {engine.Model.Name}; fitted on {found.Fit.Count} photographs, {found.HeldOut.Count} held out");

        var fit = await AddUpAsync(engine, found.Fit);
        var heldOut = await AddUpAsync(engine, found.HeldOut);
        IReadOnlyList<VariantPoint> points =
        [
            .. exits.SkipLast(1).Select(static exit => new VariantPoint(exit, null, null)),
            .. MapVariant.All.SelectMany(variant => exits.SkipLast(variant.ThenLastLayer ? 2 : 1).Select((exit, i) => new VariantPoint(exit, variant, VariantFit.Fit(variant, i, fit.Sums, heldOut.Sums)))),
        ];
        Report("fitted");

        using var lastLayer = new LastLayer(model, engine.Model);
        await EncodedPhotos.ForEachAsync(
            engine,
            [found.HeldOut[0]],
            (_, encoded) =>
            {
                lastLayer.Check(encoded);
                return Task.CompletedTask;
            },
            CancellationToken.None);
        var judge = new VariantJudge(engine, lastLayer, points);
        var table = new VariantTable(exits, points);
        var agreement = Agreement.Of(engine.Model);
        var scores = await judge.RunAsync(found.HeldOut, (_, deepest) => agreement.Scorer(deepest));
        var variance = heldOut.Sums.Variance();
        table.PrintValues("error", "0.000", [.. scores.SquaredErrors.Select(error => error / variance)]);
        Print($"agreement, {agreement.Metric}", scores, agreement.Combine);
        foreach (var file in datasets)
        {
            var set = Dataset.Open(file, engine.Model.Classes);
            var measured = await judge.RunAsync([.. set.Images.Select(static image => image.Path)], (image, _) => set.Scorer(set.Images[image]));
            Print($"{Path.GetFileNameWithoutExtension(file)}, {set.Metric}", measured, set.Combine);
        }

        void Print(string title, VariantScores of, Func<IReadOnlyList<ImageCounts>, ISetMetric> combine)
        {
            IReadOnlyList<ISetMetric> sets = [.. Enumerable.Range(0, points.Count + 1).Select(point => combine([.. of.Counts.Select(counts => counts[point])]))];
            table.PrintValues($"{title} of {of.Counts.Count} images (exit {exits[^1]}: {FormattableString.Invariant($"{100 * sets[^1].Quality([]):0.0}")})", "0.0", [.. sets.Select(static set => 100 * set.Quality([]))]);
            table.PrintGains(title, sets, variant => heldOut.Images.Average(image => variant is null ? image.Layer : variant.Gmacs(image.Grids, fit.Sums.Width, image.Layer)));
            Report(title);
        }

        void Report(string what) => Console.Error.WriteLine(FormattableString.Invariant(
            $"{what}: {Stopwatch.GetElapsedTime(start).TotalSeconds:0} s, {Environment.CpuUsage.TotalTime.TotalSeconds:0} s of processor time"));
    }

    /// <returns>The sums, and of each photograph its grids and what an encoder layer costs it, in GMACs.</returns>
    private static async Task<(FeatureSums Sums, IReadOnlyList<(IReadOnlyList<LevelGrid> Grids, double Layer)> Images)> AddUpAsync(ExitsEngine engine, IReadOnlyList<string> photos)
    {
        FeatureSums? sums = null;
        var images = new List<(IReadOnlyList<LevelGrid> Grids, double Layer)>();
        await EncodedPhotos.ForEachAsync(
            engine,
            photos,
            (photo, encoded) =>
            {
                (sums ??= new FeatureSums(engine.Model.Exits, encoded.LevelTokens.Count, encoded.Width)).Add(encoded);
                images.Add((LevelGrid.Of(encoded), engine.Costs.At(photo.Prepared.At(engine.Model.OwnSize).Tensor.Size).Layer));
                return Task.CompletedTask;
            },
            CancellationToken.None);
        return (sums!, images);
    }
}
