using EcoM2F.Inference.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Inference.Benchmarking;

/// <summary>Where the time of a run at the deepest exit goes, by ONNX Runtime's own profiler.</summary>
internal sealed class OperatorProfile
{
    /// <summary>Runs that count; each node's time is the median of them.</summary>
    private const int Runs = 3;

    /// <summary>Shapes whose products are measured alone, the slowest first.</summary>
    private const int PlainShapes = 16;

    private readonly IReadOnlyList<ProfiledNode> _nodes;

    private OperatorProfile(IReadOnlyList<ProfiledNode> nodes) => _nodes = nodes;

    /// <summary>In sessions of their own, because profiled sessions cannot share a pool with others.</summary>
    public static OperatorProfile Record(BenchOptions options, OrtValue pixels, CancellationToken cancellationToken)
    {
        var files = new List<(string Stage, string Path)>();
        try
        {
            using var sessions = ModelSessions.Open(options.Folder, ExecutionTarget.Cpu, flavour: options.Flavour, precision: options.Precisions[^1], profileThreads: options.Threads);
            using var runOptions = new RunOptions();
            var stopwatch = new StageStopwatch(sessions, options.Folder.Manifest, runOptions);
            for (var run = 0; run < Runs + 1; run++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                stopwatch.Run(pixels, options.Exits.Max(), options.DecoderDepth);
            }

            files.AddRange(sessions.EndProfiles());
            return new OperatorProfile([.. files.SelectMany(static file => ProfileReader.Read(file.Path, file.Stage, Runs))]);
        }
        finally
        {
            files.ForEach(static file => File.Delete(file.Path));
        }
    }

    public IReadOnlyList<OperatorTime> Operators()
    {
        var total = _nodes.Sum(static node => node.Milliseconds);
        return [.. _nodes
            .GroupBy(static node => (node.Stage, node.Operator))
            .Select(group => (group.Key, Count: group.Count(), Time: group.Sum(static node => node.Milliseconds)))
            .Select(sum => new OperatorTime(sum.Key.Stage, sum.Key.Operator, sum.Count, sum.Time, total > 0 ? sum.Time / total : 0))
            .OrderByDescending(static time => time.Milliseconds)];
    }

    /// <param name="plain">Milliseconds of one product of that shape, alone.</param>
    public IReadOnlyList<ProductTime> Products(Func<ProductShape, double> plain)
    {
        var slowest = _nodes
            .Where(static node => node.Product is not null)
            .GroupBy(static node => (node.Stage, Shape: node.Product!.Value))
            .Select(static group => (group.Key, Count: group.Count(), Time: group.Sum(static node => node.Milliseconds)))
            .OrderByDescending(static product => product.Time)
            .Take(PlainShapes);
        return [.. slowest.Select(product => new ProductTime(
            product.Key.Stage,
            product.Key.Shape,
            product.Count,
            product.Time,
            product.Key.Shape.Gigaflop * product.Count / product.Time * 1e3,
            product.Key.Shape.Gigaflop / plain(product.Key.Shape) * 1e3))];
    }
}

/// <param name="Milliseconds">Median of the runs.</param>
/// <param name="Product">For matrix products.</param>
internal sealed record ProfiledNode(string Stage, string Operator, double Milliseconds, ProductShape? Product);
