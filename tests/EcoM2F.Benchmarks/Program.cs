using EcoM2F.Benchmarks;

// Numbers for README. Run with: dotnet run -c Release --project tests/EcoM2F.Benchmarks -- stages | sampling [ROUNDS] | service [FOLDER]
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
    case ["service", .. var rest]:
        await ServiceBenchmark.RunAsync(rest is [var folder] ? folder : null);
        return 0;
    default:
        Console.Error.WriteLine("usage: stages | sampling [ROUNDS] | service [FOLDER]\n  stages   median milliseconds per stage and exit\n  sampling deformable attention's sampling and a whole encoder layer: fused beside portable (default: 15 rounds)\n  service  the real service over HTTP: start-up, throughput, memory, cost of HTTP (images of FOLDER; default: the tests' photos)");
        return 2;
}
