namespace EcoM2F.Inference.Compute;

/// <summary>
/// What a request may spend: the parsed <c>Compute-Budget</c> header, or a command line's <c>--budget</c>.
/// Syntax and conflicts between keys are checked by the parser; what depends on the model by <see cref="ModelBudget"/>.
/// </summary>
public sealed record ComputeBudget
{
    /// <summary>The smallest price, in PQ points per encoder layer.</summary>
    public const int MinBeta = 0;

    /// <summary>The largest price, in PQ points per encoder layer: one layer costs as much as the highest possible quality.</summary>
    public const int MaxBeta = 100;

    /// <summary>No constraint: the model's default profile decides.</summary>
    public static ComputeBudget None { get; } = new();

    /// <summary>Name of a classifier profile of the model; cannot be combined with <see cref="Beta"/>.</summary>
    public string? Profile { get; init; }

    /// <summary>PQ points per encoder layer, <see cref="MinBeta"/> to <see cref="MaxBeta"/>; used by the model's utility gate.</summary>
    public double? Beta { get; init; }

    /// <summary>
    /// Exactly this exit, in encoder layers, at <see cref="Size"/> or else the model's own size, with <see cref="DecoderDepth"/> or else the whole
    /// decoder; can otherwise only be combined with the deadline.
    /// </summary>
    public int? Depth { get; init; }

    public int? MinDepth { get; init; }

    public int? MaxDepth { get; init; }

    /// <summary>Exactly this size of the model, by its shortest edge in pixels; cannot be combined with the other two.</summary>
    public int? Size { get; init; }

    /// <summary>Exactly this decoder exit, in decoder layers.</summary>
    public int? DecoderDepth { get; init; }

    public int? MinSize { get; init; }

    public int? MaxSize { get; init; }

    /// <summary>Largest cost of the image in the whole model, in GMACs; greater than 0.</summary>
    public double? MaxGmacs { get; init; }

    /// <summary>Counted from when the request's headers were read; 1 ms to 600 s.</summary>
    public TimeSpan? Deadline { get; init; }
}
