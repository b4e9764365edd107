using EcoM2F.Benchmarks;
using EcoM2F.Inference.Engine;

// Numbers for docs/measured.md and others: dotnet run -c Release --project tests/EcoM2F.Benchmarks -- BENCHMARK
NativeHeap.KeepSmall(); // as the service does
Machine.Print();
if (BenchmarkVerbs.Find(args) is not { } run)
{
    Console.Error.WriteLine(BenchmarkVerbs.Usage);
    return 2;
}

await run();
return 0;
