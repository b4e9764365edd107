using EcoM2F.Compiler;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Verification;

namespace EcoM2F.TestSupport;

/// <summary>Adapters of random numbers, not far from the identity.</summary>
public static class TestAdapters
{
    public static ExitAdapter Random(int exit, int levels, int width, int seed = 1)
    {
        var random = new Random((seed * 100) + exit);
        return new ExitAdapter(exit, [.. Enumerable.Range(0, levels).Select(_ => new LevelMap(Matrix(random, width), Vector(random, width)))]);
    }

    /// <summary>As <c>fit-exits</c> would install them.</summary>
    /// <param name="adapters">None takes away those that are there.</param>
    public static AdapterInstallation Installation(IProgress<string>? progress, params ExitAdapter[] adapters) => new()
    {
        Adapters = adapters,
        Photos = 12,
        RelativeError = adapters.ToDictionary(static adapter => adapter.Exit, static _ => (IReadOnlyList<double>)[2.5, 0.5]),
        WriteCanary = CanaryWriter.WriteFor,
        Progress = progress,
    };

    private static float[] Matrix(Random random, int width)
    {
        var values = Vector(random, width * width);
        for (var i = 0; i < width; i++)
        {
            values[(i * width) + i] += 1;
        }

        return values;
    }

    private static float[] Vector(Random random, int length) => [.. Enumerable.Range(0, length).Select(_ => (random.NextSingle() - 0.5f) * 0.2f)];
}
