namespace EcoM2F.Inference.Compute;

/// <summary>
/// What a request may spend: the parsed <c>Compute-Budget</c> header, or a command line's <c>--budget</c>.
/// Syntax and conflicts between keys are checked by the parser; what depends on the model by <see cref="ModelBudget"/>.
/// </summary>
public sealed record ComputeBudget
{
    /// <summary>The smallest price that can be asked for, PQ points per encoder layer.</summary>
    public const int MinBeta = 0;

    /// <summary>The largest price that can be asked for: one layer costs as much as all quality there is.</summary>
    public const int MaxBeta = 100;

    /// <summary>No constraint: the model's default profile decides.</summary>
    public static ComputeBudget None { get; } = new();

    /// <summary>A classifier profile of the model; excludes <see cref="Beta"/>.</summary>
    public string? Profile { get; init; }

    /// <summary>PQ points per encoder layer, <see cref="MinBeta"/> to <see cref="MaxBeta"/>; answered by the model's utility gate.</summary>
    public double? Beta { get; init; }

    /// <summary>Exactly this exit; excludes every other key but the deadline.</summary>
    public int? Depth { get; init; }

    public int? MinDepth { get; init; }

    public int? MaxDepth { get; init; }

    /// <summary>Whole model, per image, GMACs; greater than 0.</summary>
    public double? MaxGmacs { get; init; }

    /// <summary>From the moment the request's headers were read; 1 ms to 600 s.</summary>
    public TimeSpan? Deadline { get; init; }
}
