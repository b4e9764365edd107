using EcoM2F.Benchmarks.Exits;
using EcoM2F.Benchmarks.Load;

namespace EcoM2F.Benchmarks;

/// <summary>What the program's arguments ask for.</summary>
internal static class BenchmarkVerbs
{
    /// <summary>Everything that there is.</summary>
    public const string Usage = """
        usage: stages | sampling [ROUNDS] | scoring | decoding | host [ROUNDS] | gates [ROWS FEATURES | FILE] | recipe [DATASET [MODEL]] | exits MODEL PHOTOS [DATASET...] | service [FOLDER] | precisions MODELS [before=DLL] [clients=N] [FOLDER] | overload [gamma] [deadlines] [seconds=S] [photos=FOLDER] [rows=FILE] [targets=MS,...] [RATE ...] | picture FILE | burst | mix | memory [IMAGES] | leaving [CLIENTS] | soak [MINUTES]
          stages   median milliseconds per stage and exit
          sampling deformable attention's sampling and a whole encoder layer: fused beside portable (default: 15 rounds)
          scoring  PQ and AP on made-up images
          decoding libvips beside ImageSharp on JPEG, PNG and WebP: milliseconds, and how far their pixels differ
          host     the work around the model beside the same without shortcuts: decoding, resizing, masks of each task, PNG (default: 15 rounds)
          gates    training gates on 118000 made-up rows of 256 features, on ROWS of FEATURES, or on those of derived FILE
          recipe   images per second of derive and evaluate beside the engine alone, on DATASET (default: made-up images) with MODEL (default: the default one)
          exits    variants of the maps that fit-exits puts behind exits of MODEL: fitted on photographs of folder PHOTOS, judged on others and on labelled sets
          service  the real service over HTTP: start-up, throughput, memory, cost of HTTP (images of FOLDER; default: the tests' photos)
          precisions the real service with fp32 and with int8 graphs, in turn: images a second of one client, or of several that wait for their answers (a model `default` with int8 graphs in folder MODELS; images of FOLDER, default: the tests' photos); beside them another build's EcoM2F.Serving.dll, with the models of its own repository
          overload the real service under RATE times its capacity at full depth (default: 0.5 0.9 1.3 2), S seconds a run (default: 30), with and without the law of load; with every request's deadline at a second; with the quality of what was served, from derived rows of the photos; or with several targets of the law
          picture  draws load that rises and falls, with and without the law of load, into FILE (SVG)
          burst    latency before, in and after 30 s of three times the capacity
          mix      latency of shallow images among deep ones, one after the other and side by side
          memory   resident memory over IMAGES (default: 5000) of mixed sizes, and at the peak of 50 megapixels with all tasks
          leaving  CLIENTS (default: 5000) that leave at random moments
          soak     MINUTES (default: 45) of good and bad traffic to two models
        """;

    /// <returns>What runs it. Null: there is no such benchmark, or not with these arguments.</returns>
    public static Func<Task>? Find(string[] arguments) => arguments switch
    {
        ["stages"] => Now(StageBenchmark.Run),
        ["sampling"] => Now(() => SamplingBenchmark.Run(15)),
        ["sampling", var text] when int.TryParse(text, out var rounds) && rounds is >= 1 and <= 1000 => Now(() => SamplingBenchmark.Run(rounds)),
        ["scoring"] => Now(ScoringBenchmark.Run),
        ["decoding"] => Now(DecodingBenchmark.Run),
        ["host"] => Now(() => HostBenchmark.Run(HostBenchmark.DefaultRounds)),
        ["host", var text] when int.TryParse(text, out var rounds) && rounds is >= 1 and <= 1000 => Now(() => HostBenchmark.Run(rounds)),
        ["gates"] => Now(() => GateBenchmark.Run(GateBenchmark.DefaultRows, GateBenchmark.DefaultFeatures)),
        ["gates", var file] when File.Exists(file) => Now(() => GateBenchmark.Run(file)),
        ["gates", var rowsText, var featuresText] when int.TryParse(rowsText, out var rows) && int.TryParse(featuresText, out var features) && rows is >= 10 and <= 1_000_000 && features is >= 1 and <= 2048 => Now(() => GateBenchmark.Run(rows, features)),
        ["recipe", .. var rest] when rest.Length <= 2 => () => RecipeBenchmark.RunAsync(rest.ElementAtOrDefault(0), rest.ElementAtOrDefault(1)),
        ["exits", var model, var photos, .. var datasets] => () => ExitsBenchmark.RunAsync(model, photos, datasets),
        ["service", .. var rest] => () => ServiceBenchmark.RunAsync(rest is [var folder] ? folder : null),
        ["precisions", var models, .. var rest] when PrecisionBenchmark.Parse(rest) is { } options => () => PrecisionBenchmark.RunAsync(models, options.Before, options.Clients, options.Photos),
        ["overload", .. var rest] when OverloadOptions.Parse(rest) is { } options => () => OverloadBenchmark.RunAsync(options),
        ["picture", var file] => () => LoadPicture.RunAsync(file),
        ["burst"] => BurstBenchmark.RunAsync,
        ["mix"] => MixBenchmark.RunAsync,
        ["memory", .. var rest] when Count(rest, 5000) is { } images => () => MemoryBenchmark.RunAsync(images),
        ["leaving", .. var rest] when Count(rest, 5000) is { } clients => () => LeavingBenchmark.RunAsync(clients),
        ["soak", .. var rest] when Count(rest, 45) is { } minutes => () => SoakBenchmark.RunAsync(minutes),
        _ => null,
    };

    private static Func<Task> Now(Action run) => () =>
    {
        run();
        return Task.CompletedTask;
    };

    private static int? Count(string[] rest, int usual) => rest switch
    {
        [] => usual,
        [var text] when int.TryParse(text, out var count) && count is >= 1 and <= 1_000_000 => count,
        _ => null,
    };
}
