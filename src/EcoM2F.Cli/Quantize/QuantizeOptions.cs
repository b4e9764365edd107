namespace EcoM2F.Cli.Quantize;

/// <summary>What <c>quantize</c> was asked for.</summary>
/// <param name="Output">Folder of the copy; null: the model is changed in place.</param>
internal sealed record QuantizeOptions(string Model, string Photos, string? Output)
{
    /// <summary>Fewer could not tell a loss from chance.</summary>
    public const int FewestPhotos = 8;

    /// <summary>In points of agreement.</summary>
    public required double MaxLoss { get; init; }

    /// <summary>Groups of layers that are not tried.</summary>
    public IReadOnlyList<string> Fp32Groups { get; init; } = [];

    public required int MostPhotos { get; init; }

    /// <summary>Whether int8 graphs that are there may be replaced.</summary>
    public required bool Force { get; init; }
}
