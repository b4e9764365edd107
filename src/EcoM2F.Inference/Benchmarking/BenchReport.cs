using EcoM2F.Inference.Compute;

namespace EcoM2F.Inference.Benchmarking;

/// <summary>What <see cref="ModelBench"/> measured.</summary>
/// <param name="Exits">Of each exit every precision, both in the order asked for.</param>
/// <param name="Peer">Null without a peer.</param>
/// <param name="Operators">Of a profiled run at the deepest exit, slow ones first; empty without a profile.</param>
/// <param name="Products">Matrix products of that run by shape, slow ones first.</param>
public sealed record BenchReport(
    IReadOnlyList<ExitMeasurement> Exits,
    TimeSpread? Peer,
    IReadOnlyList<OperatorTime> Operators,
    IReadOnlyList<ProductTime> Products);

/// <summary>The whole model at one exit in one precision.</summary>
/// <param name="Runs">What each counted run took.</param>
/// <param name="Ratio">The peer's time by this one's, round by round: above 1 the model is faster. Null without a peer.</param>
public sealed record ExitMeasurement(int Exit, string Precision, IReadOnlyList<StageTimes> Runs, RatioSpread? Ratio)
{
    /// <summary>All stages together.</summary>
    public TimeSpread Whole { get; } = TimeSpread.Of(Runs.Select(static run => run.Device.TotalMilliseconds));

    /// <summary>One stage; null for one that the model does not have.</summary>
    public TimeSpread? Of(Stage stage) => Runs[0][stage] is null ? null : TimeSpread.Of(Runs.Select(run => run[stage]!.Value));
}

/// <param name="Low">Lower quartile.</param>
/// <param name="High">Upper quartile.</param>
public sealed record RatioSpread(double Median, double Low, double High);

/// <summary>All nodes of one kind in one stage's graph.</summary>
/// <param name="Stage">stem, encoder or decoder.</param>
/// <param name="Milliseconds">Of all of them in one run.</param>
/// <param name="Share">Of the run's kernel time in all stages.</param>
public sealed record OperatorTime(string Stage, string Operator, int Nodes, double Milliseconds, double Share);

/// <summary>A matrix product [Batch, Rows, Inner] x [Batch, Inner, Columns]; with Batch 1 the right side is constant, as weights are.</summary>
public readonly record struct ProductShape(long Batch, long Rows, long Inner, long Columns)
{
    /// <summary>A multiply-add counts as two.</summary>
    public double Gigaflop => 2e-9 * Batch * Rows * Inner * Columns;
}

/// <summary>The products of one shape in one stage.</summary>
/// <param name="Nodes">In one run.</param>
/// <param name="Milliseconds">Of all of them.</param>
/// <param name="GigaflopPerSecond">What they came to in the model.</param>
/// <param name="PlainGigaflopPerSecond">The same product alone in a graph, repeated.</param>
public sealed record ProductTime(
    string Stage, ProductShape Shape, int Nodes, double Milliseconds, double GigaflopPerSecond, double PlainGigaflopPerSecond);
