using EcoM2F.Inference.Compute;

namespace EcoM2F.Recipe.Derive;

/// <summary>One line of <c>derived.jsonl</c>: what one image is worth at every point, and what a gate sees of it.</summary>
internal sealed record DerivedRow
{
    /// <summary>Name of the image in its data set.</summary>
    public required string Image { get; init; }

    /// <summary>What could be chosen for it; in the file the depths, ascending, and the size of the model's input.</summary>
    public required IReadOnlyList<ComputePoint> Points { get; init; }

    /// <summary>The image's own PQ (AP, mIoU) by point, a fraction; NaN (null in the file) where there was nothing to score.</summary>
    public required IReadOnlyList<double> Quality { get; init; }

    /// <summary>The pooled feature that gates read.</summary>
    public required float[] Pooled { get; init; }

    /// <summary>The encoder's is that of all layers; null where nothing was measured.</summary>
    public StageTimes? Times { get; init; }

    /// <summary>The model's <see cref="ModelIdentity"/>; null in rows that another program made.</summary>
    public string? Model { get; init; }

    /// <summary>Short hash of the data set's files and mapping; null in rows that another program made.</summary>
    public string? Dataset { get; init; }

    /// <summary>Encoder layers by point.</summary>
    internal IReadOnlyList<int> Depths => [.. Points.Select(static point => point.Depth)];
}
