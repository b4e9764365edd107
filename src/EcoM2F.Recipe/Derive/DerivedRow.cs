namespace EcoM2F.Recipe.Derive;

/// <summary>One line of <c>derived.jsonl</c>: what one image is worth at every exit, and what a gate sees of it.</summary>
internal sealed record DerivedRow
{
    /// <summary>Name of the image in its data set.</summary>
    public required string Image { get; init; }

    /// <summary>Encoder depths, ascending.</summary>
    public required IReadOnlyList<int> Exits { get; init; }

    /// <summary>The image's own PQ (AP, mIoU) by exit, a fraction; NaN (null in the file) where there was nothing to score.</summary>
    public required IReadOnlyList<double> Quality { get; init; }

    /// <summary>The pooled feature that gates read.</summary>
    public required float[] Pooled { get; init; }

    /// <summary>Height and width of the model's input, pixels.</summary>
    public required (int Height, int Width) Size { get; init; }

    /// <summary>Time by stage; null where it was not measured.</summary>
    public IReadOnlyDictionary<string, double>? Milliseconds { get; init; }

    /// <summary>The model's <see cref="ModelIdentity"/>; null in rows that another program made.</summary>
    public string? Model { get; init; }

    /// <summary>Short hash of the data set's files and mapping; null in rows that another program made.</summary>
    public string? Dataset { get; init; }
}
