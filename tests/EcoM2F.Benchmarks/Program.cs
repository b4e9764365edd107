using EcoM2F.Benchmarks;
using EcoM2F.Benchmarks.Exits;
using EcoM2F.Benchmarks.Load;

// Numbers for README. Run with: dotnet run -c Release --project tests/EcoM2F.Benchmarks -- stages | sampling [ROUNDS] | scoring | decoding | host [ROUNDS] | gates [ROWS FEATURES | FILE] | recipe [DATASET [MODEL]] | exits MODEL PHOTOS [DATASET...] | service [FOLDER] | overload [gamma] [deadlines] [seconds=S] [photos=FOLDER] [rows=FILE] [RATE ...] | picture FILE | burst | mix | memory [IMAGES] | leaving [CLIENTS] | soak [MINUTES]
Machine.Print();
switch (args)
{
    case ["stages"]:
        StageBenchmark.Run();
        return 0;
    case ["sampling"]:
        SamplingBenchmark.Run(15);
        return 0;
    case ["sampling", var text] when int.TryParse(text, out var rounds) && rounds is >= 1 and <= 1000:
        SamplingBenchmark.Run(rounds);
        return 0;
    case ["scoring"]:
        ScoringBenchmark.Run();
        return 0;
    case ["decoding"]:
        DecodingBenchmark.Run();
        return 0;
    case ["host"]:
        HostBenchmark.Run(HostBenchmark.DefaultRounds);
        return 0;
    case ["host", var text] when int.TryParse(text, out var rounds) && rounds is >= 1 and <= 1000:
        HostBenchmark.Run(rounds);
        return 0;
    case ["gates"]:
        GateBenchmark.Run(GateBenchmark.DefaultRows, GateBenchmark.DefaultFeatures);
        return 0;
    case ["gates", var file] when File.Exists(file):
        GateBenchmark.Run(file);
        return 0;
    case ["gates", var rowsText, var featuresText] when int.TryParse(rowsText, out var rows) && int.TryParse(featuresText, out var features) && rows is >= 10 and <= 1_000_000 && features is >= 1 and <= 2048:
        GateBenchmark.Run(rows, features);
        return 0;
    case ["recipe", .. var rest] when rest.Length <= 2:
        await RecipeBenchmark.RunAsync(rest.ElementAtOrDefault(0), rest.ElementAtOrDefault(1));
        return 0;
    case ["exits", var model, var photos, .. var datasets]:
        await ExitsBenchmark.RunAsync(model, photos, datasets);
        return 0;
    case ["service", .. var rest]:
        await ServiceBenchmark.RunAsync(rest is [var folder] ? folder : null);
        return 0;
    case ["overload", .. var rest] when OverloadOptions.Parse(rest) is { } options:
        await OverloadBenchmark.RunAsync(options);
        return 0;
    case ["picture", var file]:
        await LoadPicture.RunAsync(file);
        return 0;
    case ["burst"]:
        await BurstBenchmark.RunAsync();
        return 0;
    case ["mix"]:
        await MixBenchmark.RunAsync();
        return 0;
    case ["memory", .. var rest] when Count(rest, 5000) is { } images:
        await MemoryBenchmark.RunAsync(images);
        return 0;
    case ["leaving", .. var rest] when Count(rest, 5000) is { } clients:
        await LeavingBenchmark.RunAsync(clients);
        return 0;
    case ["soak", .. var rest] when Count(rest, 45) is { } minutes:
        await SoakBenchmark.RunAsync(minutes);
        return 0;
    default:
        Console.Error.WriteLine("usage: stages | sampling [ROUNDS] | scoring | decoding | host [ROUNDS] | gates [ROWS FEATURES | FILE] | recipe [DATASET [MODEL]] | exits MODEL PHOTOS [DATASET...] | service [FOLDER] | overload [gamma] [deadlines] [seconds=S] [photos=FOLDER] [rows=FILE] [RATE ...] | picture FILE | burst | mix | memory [IMAGES] | leaving [CLIENTS] | soak [MINUTES]\n  stages   median milliseconds per stage and exit\n  sampling deformable attention's sampling and a whole encoder layer: fused beside portable (default: 15 rounds)\n  scoring  PQ and AP on made-up images\n  decoding libvips beside ImageSharp on JPEG, PNG and WebP: milliseconds, and how far their pixels differ\n  host     the work around the model beside the same without shortcuts: decoding, resizing, masks of each task, PNG (default: 15 rounds)\n  gates    training gates on 118000 made-up rows of 256 features, on ROWS of FEATURES, or on those of derived FILE\n  recipe   images per second of derive and evaluate beside the engine alone, on DATASET (default: made-up images) with MODEL (default: the default one)\n  exits    variants of the maps that fit-exits puts behind exits of MODEL: fitted on photographs of folder PHOTOS, judged on others and on labelled sets\n  service  the real service over HTTP: start-up, throughput, memory, cost of HTTP (images of FOLDER; default: the tests' photos)\n  overload the real service under RATE times its capacity at full depth (default: 0.5 0.9 1.3 2), S seconds a run (default: 30), with and without the law of load; with every request's deadline at a second; with the quality of what was served, from derived rows of the photos\n  picture  draws load that rises and falls, with and without the law of load, into FILE (SVG)\n  burst    latency before, in and after 30 s of three times the capacity\n  mix      latency of shallow images among deep ones, with and without batches\n  memory   resident memory over IMAGES (default: 5000) of mixed sizes, and at the peak of 50 megapixels with all tasks\n  leaving  CLIENTS (default: 5000) that leave at random moments\n  soak     MINUTES (default: 45) of good and bad traffic to two models");
        return 2;
}

static int? Count(string[] rest, int usual) => rest switch
{
    [] => usual,
    [var text] when int.TryParse(text, out var count) && count is >= 1 and <= 1_000_000 => count,
    _ => null,
};
