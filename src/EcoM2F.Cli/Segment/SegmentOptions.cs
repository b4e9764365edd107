using EcoM2F.Inference.Depth;
using EcoM2F.Inference.Pipeline;

namespace EcoM2F.Cli.Segment;

/// <summary>One run of <c>ecom2f segment</c>, parsed.</summary>
/// <param name="BudgetText">As it was written, for the record of the run.</param>
internal sealed record SegmentOptions(
    IReadOnlyList<string> Inputs,
    string Output,
    string ModelFolder,
    SegmentationTasks Tasks,
    string BudgetText,
    ComputeBudget Budget,
    IReadOnlyList<ResultFormat> Formats,
    Shard Shard,
    string ExecutionProvider);
