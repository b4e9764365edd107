using EcoM2F.Cli.Output;
using EcoM2F.Cli.Score;
using EcoM2F.Compiler;
using EcoM2F.Compiler.Quantization;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Recipe;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Quantization;

namespace EcoM2F.Cli.Quantize;

/// <summary>One run of <c>quantize</c>.</summary>
internal sealed class QuantizeRun(QuantizeOptions options, Report report)
{
    /// <summary>Part of the photographs that the loss is measured on.</summary>
    private const double HeldOut = 0.5;

    /// <summary>A stage gains below this part of fp32's time, and is slower above its inverse; what lies between is the noise of a measurement.</summary>
    private const double Gains = 0.95;

    private const int TimedRounds = 12;

    /// <summary>Raised when rounding, conversion or the measure changes, so that losses of before do not count.</summary>
    private const int Method = 2;

    /// <summary>Called after each measurement of a loss, once it is in the journal; tests stop there.</summary>
    public Action? Measured { get; init; }

    /// <summary>
    /// 1. What can be known to be wrong. 2. Photographs, and what an earlier run has measured on them. 3. Ranges. 4. The layers; fp32's results
    /// before the first that is measured. 5. Times: a stage that is slower goes back to fp32 where another gains. 6. Into the model.
    /// </summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        // 1. before a photograph is read
        Check();
        using var journal = QuantizeJournal.Open(StatePath.Of(options.Output ?? options.Model, "quantize"));

        using var draft = Int8Draft.Open(options.Model, cancellationToken);
        var groups = GroupsToTry(draft.Layers);

        // 2. photographs
        var usable = UsablePhotos.Find(options.Photos, options.MostPhotos, new EntryProgress(report, "decoded"), cancellationToken);
        report.Notes(usable.Notes);
        if (usable.Photos.Count < QuantizeOptions.FewestPhotos)
        {
            throw usable.TooFew($"quantize needs {QuantizeOptions.FewestPhotos} at least that differ, and 24 to 96 are a good number.");
        }

        var photos = usable.Photos.Select(static photo => photo.Path).ToList();
        var held = UsablePhotos.HeldOutOf(photos.Count, HeldOut);
        var model = draft.Source.Manifest;
        if (journal.Read(KeyOf(model, usable.Photos)) is not { } measured)
        {
            report.Note("What an earlier run has measured is of another model or of other photographs and does not count.");
        }
        else if (measured > 0)
        {
            report.Note($"Measured by an earlier run: {measured}.");
        }

        // 3. ranges
        await CalibrateAsync(draft, [.. photos.Where((_, i) => !IsHeld(i))], cancellationToken);

        // 4. layers
        var trial = new QuantizeTrial(draft, () => ReferAsync(draft, [.. photos.Where((_, i) => IsHeld(i))], cancellationToken), journal, report, cancellationToken) { Measured = Measured };
        var found = await new LayerSearch(trial.LossAsync).RunAsync(groups, options.MaxLoss);
        var result = new QuantizeResult { Metric = PrecisionJudge.MetricOf(model), Photos = photos.Count, HeldOut = held, MaxLoss = options.MaxLoss, Fp32Groups = options.Fp32Groups, Search = found, Agreement = trial.Last! };
        if (found.Kept.Count == 0)
        {
            journal.Forget();
            var failure = new QuantizeReport(result, options.Output ?? options.Model);
            report.Result(failure.Json(), failure.ShowFailure);
            return ExitCode.CheckFailed;
        }

        // 5. times
        result = await TimeAsync(result, draft, trial, cancellationToken);

        // 6. into the model
        var summary = new QuantizeReport(result, options.Output ?? options.Model);
        var after = Int8Installer.Install(draft, trial.LayersOf(result.Kept), options.Output, summary.Measured(), cancellationToken);
        journal.Forget();
        summary.Added = after.Sha256.Keys.Except(model.Sha256.Keys).Sum(name => new FileInfo(Path.Combine(options.Output ?? options.Model, name)).Length);
        report.Result(summary.Json(), summary.Show);
        return ExitCode.Done;

        bool IsHeld(int place) => UsablePhotos.IsHeldOut(place, photos.Count, held);
    }

    /// <returns>Names of layers by group, in the model's order.</returns>
    private List<(string Group, IReadOnlyList<string> Layers)> GroupsToTry(IReadOnlyList<QuantizableLayer> layers)
    {
        var groups = layers.GroupBy(static layer => layer.Group).Select(static group => (group.Key, (IReadOnlyList<string>)[.. group.Select(static layer => layer.Name)])).ToList();
        var names = string.Join(", ", groups.Select(static group => group.Key));
        if (options.Fp32Groups.FirstOrDefault(name => groups.All(group => group.Key != name)) is { } unknown)
        {
            throw new CliException($"--fp32: '{unknown}' is not a group of layers of this model; its groups are {names}.");
        }

        groups.RemoveAll(group => options.Fp32Groups.Contains(group.Key));
        return groups.Count > 0 ? groups : throw new CliException($"--fp32 leaves nothing to put on 8 bits; the model's groups are {names}.");
    }

    /// <summary>Of everything that a loss depends on: graphs, weights, pre- and post-processing, and the photographs.</summary>
    private static string KeyOf(ModelManifest model, IEnumerable<UsablePhoto> photos)
    {
        var graphs = model.Graphs.Where(static graph => graph.Precision == GraphPrecisions.Fp32).Select(graph => model.Sha256[graph.File]);
        return $"{Method} {ModelIdentity.Of(model)} {string.Join(' ', [.. graphs, .. photos.Select(static photo => photo.Hash)])}";
    }

    private void Check()
    {
        var model = ModelFolder.Open(options.Model).Manifest;
        if (model.Graphs.Any(static graph => graph.Precision == GraphPrecisions.EightBits) && options.Output is null && !options.Force)
        {
            throw new CliException($"{options.Model} has int8 graphs already; replace them with --force, or name a copy with -o.");
        }

        try
        {
            AdapterInstaller.RequireWritable(options.Model, options.Output);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            throw new CliException($"{options.Output ?? options.Model} cannot be written: {exception.Message}");
        }
    }

    private async Task CalibrateAsync(Int8Draft draft, IReadOnlyList<string> photos, CancellationToken cancellationToken)
    {
        using var engine = ExitsEngine.Open(draft.Folder, ExecutionTarget.CpuProvider, cancellationToken);
        var (stem, encoder, decoder) = draft.WriteObserved();
        using (var observer = GraphObserver.Open(ModelFolder.Open(draft.Folder), stem, encoder, decoder))
        {
            await report.TrackAsync("photographs to calibrate on", photos.Count, advance => Task.Run(
                () =>
                {
                    foreach (var path in photos)
                    {
                        using var image = engine.Prepare(File.ReadAllBytes(path), mirrored: false, cancellationToken);
                        observer.Observe(image, draft.Observe, cancellationToken);
                        advance();
                    }
                },
                cancellationToken));
        }

        draft.Calibrate();
    }

    private async Task<PrecisionJudge> ReferAsync(Int8Draft draft, IReadOnlyList<string> photos, CancellationToken cancellationToken)
    {
        using var engine = ExitsEngine.Open(draft.Folder, ExecutionTarget.CpuProvider, cancellationToken);
        PrecisionJudge? judge = null;
        await report.TrackAsync("held-out photographs in fp32", photos.Count, async advance => judge = await PrecisionJudge.ReferAsync(engine, photos, advance, cancellationToken));
        return judge!;
    }

    private static async Task<QuantizeResult> TimeAsync(QuantizeResult result, Int8Draft draft, QuantizeTrial trial, CancellationToken cancellationToken)
    {
        var kept = result.Search.Kept;
        var (fp32, int8) = Times(draft, cancellationToken);
        result = result with { Kept = kept, Loss = result.Search.Loss, Fp32 = fp32, Int8 = int8 };
        var slower = kept.Where(part => Share(part) > 1 / Gains).ToList();
        if (slower.Count == 0 || !kept.Any(part => Share(part) < Gains))
        {
            return result;
        }

        var faster = kept.Except(slower).ToList();
        var loss = await trial.LossAsync([.. faster.SelectMany(static part => part.Layers)]);
        if (loss > result.MaxLoss)
        {
            await trial.LossAsync([.. kept.SelectMany(static part => part.Layers)]);
            return result;
        }

        (fp32, int8) = Times(draft, cancellationToken);
        return result with { Kept = faster, Slower = slower, Loss = loss, Agreement = trial.Last!, Fp32 = fp32, Int8 = int8 };

        double Share(SearchPart part) => trial.StageOf(part) switch
        {
            GraphStages.Stem => int8.Stem / fp32.Stem,
            GraphStages.Decoder => int8.Decoder / fp32.Decoder,
            _ => int8.Encoder / fp32.Encoder,
        };
    }

    /// <summary>Of the draft as it was written last.</summary>
    private static (StageMilliseconds Fp32, StageMilliseconds Int8) Times(Int8Draft draft, CancellationToken cancellationToken)
    {
        var folder = ModelFolder.Open(draft.Folder);
        using var fp32 = ModelSessions.Open(folder, ExecutionTarget.Cpu, precision: GraphPrecisions.Fp32);
        using var int8 = ModelSessions.Open(folder, ExecutionTarget.Cpu, precision: GraphPrecisions.EightBits);
        var times = PrecisionTimer.Measure([fp32, int8], folder.Manifest, folder.Manifest.FullPoint, TimedRounds, clear: 0, cancellationToken);
        return (times[0], times[1]);
    }
}
