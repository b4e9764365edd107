using System.Diagnostics;
using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.TestSupport;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Benchmarks;

/// <summary>Median milliseconds of every stage and exit of the default model, without HTTP and images.</summary>
internal static class StageBenchmark
{
    private const int Warmups = 3;
    private const int Rounds = 25;

    public static void Run()
    {
        OrtRuntime.Initialize(0);
        var folder = ModelFolder.Open(RepositoryPaths.DefaultModel);
        using var sessions = ModelSessions.Open(folder, ExecutionTarget.Cpu);
        var exits = folder.Manifest.Exits;
        var costs = new CostTable(folder.Manifest.Costs);
        Console.WriteLine($"{"input",-12} {"stem",8} {"gate",8} {string.Join(" ", exits.Select(static exit => $"{"enc " + exit,8}"))} {"decoder",8}   GMACs at exit {exits[0]} / {exits[^1]}");
        foreach (var (height, width) in ((int, int)[])[(192, 288), (256, 384), (320, 448), (384, 512), (768, 1024)])
        {
            var times = Measure(sessions, folder.Manifest, height, width);
            var cost = costs.At(new InputSize(height, width));
            Console.WriteLine(FormattableString.Invariant($"{height + " x " + width,-12} {string.Join(" ", times.Select(static ms => FormattableString.Invariant($"{ms,8:0.00}")))}   {cost.At(exits[0]):0.00} / {cost.At(exits[^1]):0.00}"));
        }
    }

    private static List<double> Measure(ModelSessions sessions, ModelManifest manifest, int height, int width)
    {
        var values = new float[3 * height * width];
        Array.Fill(values, 0.25f);
        using var pixels = OrtValue.CreateTensorValueFromMemory(values, [1, 3, height, width]);
        using var options = new RunOptions();
        using var stem = sessions.RunStem(pixels, options);
        using var deepest = sessions.RunEncoder(manifest.MaxDepth, stem, options);
        var stages = new List<Action> { () => sessions.RunStem(pixels, options).Dispose() };
        stages.Add(() => sessions.RunGate(manifest.Gates!.Default, stem, options));
        stages.AddRange(manifest.Exits.Select<int, Action>(exit => () => sessions.RunEncoder(exit, stem, options).Dispose()));
        stages.Add(() => sessions.RunDecoder(deepest, stem, null, options).Dispose());

        // Stages take turns, so that a slow second of the machine falls on all of them.
        var times = stages.Select(static _ => new List<double>()).ToList();
        for (var round = -Warmups; round < Rounds; round++)
        {
            for (var i = 0; i < stages.Count; i++)
            {
                var start = Stopwatch.GetTimestamp();
                stages[i]();
                if (round >= 0)
                {
                    times[i].Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                }
            }
        }

        return [.. times.Select(static list => list.Median())];
    }
}
