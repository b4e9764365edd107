using EcoM2F.Benchmarks;

// Numbers for README. Run with: dotnet run -c Release --project tests/EcoM2F.Benchmarks -- stages | scoring | service [FOLDER]
Machine.Print();
switch (args)
{
    case ["stages"]:
        StageBenchmark.Run();
        return 0;
    case ["scoring"]:
        ScoringBenchmark.Run();
        return 0;
    case ["service", .. var rest]:
        await ServiceBenchmark.RunAsync(rest is [var folder] ? folder : null);
        return 0;
    default:
        Console.Error.WriteLine("usage: stages | scoring | service [FOLDER]\n  stages   median milliseconds per stage and exit\n  scoring  PQ and AP on made-up images\n  service  the real service over HTTP: start-up, throughput, memory, cost of HTTP (images of FOLDER; default: the tests' photos)");
        return 2;
}
