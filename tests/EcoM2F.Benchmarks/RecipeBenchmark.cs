using System.Diagnostics;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Derive;
using EcoM2F.Recipe.Evaluation;
using EcoM2F.TestSupport;

namespace EcoM2F.Benchmarks;

/// <summary>
/// Images per second of <c>derive</c> and of <c>evaluate</c>'s pass over a set, beside the engine alone at the same work: every exit of
/// the same images, decoded beforehand, to masks. In turn, so that a slow minute of the
/// machine falls on both. The commands run their first image twice, which counts against them here.
/// </summary>
internal static class RecipeBenchmark
{
    private const int Rounds = 3;
    private const int GeneratedImages = 64;
    private const int GeneratedScale = 6;

    /// <param name="dataset">DATASET; null for made-up images whose truths are the model's own.</param>
    public static async Task RunAsync(string? dataset, string? model)
    {
        model ??= RepositoryPaths.DefaultModel;
        var folder = Directory.CreateTempSubdirectory("ecom2f-bench-");
        try
        {
            dataset ??= await TinyDataset.WriteAsync(folder.FullName, model, GeneratedImages, scale: GeneratedScale);
            using var engine = ExitsEngine.Open(model, "cpu", CancellationToken.None);
            await MeasureAsync(engine, Dataset.Open(dataset, engine.Model.Classes), folder.FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task MeasureAsync(ExitsEngine engine, Dataset set, string folder)
    {
        Console.WriteLine($"{set.Images.Count} images, {set.Task}, model {engine.Model.Name} with {engine.Model.Exits.Count} exits; {Rounds} rounds after one to warm up");
        var prepared = set.Images.Select(image => engine.Prepare(File.ReadAllBytes(image.Path), mirrored: false, CancellationToken.None)).ToList();
        var tasks = set.NeedsOf(engine.Model);
        (string Name, Func<Task> Work)[] ways =
        [
            ("engine alone, as derive asks it", () => RunEngineAsync(engine, prepared, tasks, asEvaluate: false)),
            ("derive", () => DeriveAsync(engine, set, Path.Combine(folder, "rows.jsonl"))),
            ("engine alone, as evaluate asks it", () => RunEngineAsync(engine, prepared, tasks, asEvaluate: true)),
            ("evaluate", () => EvaluateAsync(engine, set, Path.Combine(folder, "report"))),
        ];
        var rates = ways.Select(static _ => new List<double>()).ToList();
        for (var round = 0; round <= Rounds; round++)
        {
            for (var way = 0; way < ways.Length; way++)
            {
                var start = Stopwatch.GetTimestamp();
                await ways[way].Work();
                if (round > 0)
                {
                    rates[way].Add(set.Images.Count / Stopwatch.GetElapsedTime(start).TotalSeconds);
                }
            }
        }

        prepared.ForEach(static image => image.Dispose());
        for (var way = 0; way < ways.Length; way++)
        {
            Console.WriteLine(FormattableString.Invariant($"{ways[way].Name,-34} {rates[way].Median(),6:0.00} images/s   ({string.Join(", ", rates[way].Select(static rate => FormattableString.Invariant($"{rate:0.00}")))})"));
        }

        // Each round's own ratio: what the rest of the machine does changes from round to round.
        Console.WriteLine(FormattableString.Invariant($"derive / engine: {Ratio(1, 0):0.000}; evaluate / engine: {Ratio(3, 2):0.000} (medians of the rounds' ratios)"));

        double Ratio(int way, int alone) => rates[way].Zip(rates[alone], static (one, other) => one / other).Median();
    }

    /// <summary>As many images at once as derive has, so that masks are made while the device runs.</summary>
    private static Task RunEngineAsync(ExitsEngine engine, IReadOnlyList<PreparedImage> images, SegmentationTasks tasks, bool asEvaluate) => OrderedWork.RunAsync(
        images,
        async (image, cancellationToken) =>
        {
            using var run = await engine.RunAsync(image, gates: asEvaluate && engine.Model.Gates is not null, similarities: asEvaluate, cancellationToken);
            var segments = 0;
            for (var exit = 0; exit < engine.Model.Exits.Count; exit++)
            {
                segments += engine.ToResult(run, exit, tasks, cancellationToken).Panoptic?.Segments.Count ?? 0;
            }

            return segments;
        },
        static _ => { },
        CancellationToken.None);

    private static async Task EvaluateAsync(ExitsEngine engine, Dataset set, string folder)
    {
        using (var evaluator = new Evaluator(engine, set, new EvaluationOptions(PolicyParser.Defaults(engine.Model), Seed: 0, Examples: 0), folder))
        {
            await evaluator.MeasureAsync(static () => { }, CancellationToken.None);
        }

        Directory.Delete(folder, recursive: true);
    }

    private static async Task DeriveAsync(ExitsEngine engine, Dataset set, string rows)
    {
        File.Delete(rows);
        await Derivation.Plan(engine.Model, set, static _ => true, rows).RunAsync(engine, static () => { }, CancellationToken.None);
    }
}
