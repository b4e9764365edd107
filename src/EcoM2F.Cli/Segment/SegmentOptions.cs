using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;

namespace EcoM2F.Cli.Segment;

/// <summary>One run of <c>ecom2f segment</c>, parsed and checked against its model.</summary>
/// <param name="Output">Full path.</param>
/// <param name="Tasks">At least one.</param>
/// <param name="BudgetText">As it was written, for the record of the run.</param>
/// <param name="Formats">In the order of <see cref="ResultFormat.All"/>.</param>
internal sealed record SegmentOptions(
    IReadOnlyList<string> Inputs,
    string Output,
    ModelFolder Model,
    SegmentationTasks Tasks,
    string BudgetText,
    ComputeBudget Budget,
    IReadOnlyList<ResultFormat> Formats,
    Shard Shard,
    string ExecutionProvider);
