namespace EcoM2F.Benchmarks.Exits;

/// <summary>A kind of map from an exit's tokens to those after the last layer.</summary>
/// <param name="Extra">What a token's map reads beside the token: a block of <see cref="TokenFeatures"/>; null: nothing.</param>
/// <param name="Rank">Of the map of what is read beside; null: full.</param>
/// <param name="ThenLastLayer">Whether the map goes to the last layer's input and that layer runs on what it gives.</param>
internal sealed record MapVariant(string Name, int? Extra = null, int? Rank = null, bool ThenLastLayer = false)
{
    /// <summary>The yardstick: a token's own map.</summary>
    public static MapVariant Plain { get; } = new("plain map");

    public static IReadOnlyList<MapVariant> All { get; } =
    [
        Plain,
        new("3 x 3 neighbours", TokenFeatures.Neighbours),
        new("3 x 3 neighbours, rank 32", TokenFeatures.Neighbours, Rank: 32),
        new("3 x 3 neighbours, rank 8", TokenFeatures.Neighbours, Rank: 8),
        new("coarser level", TokenFeatures.Coarser),
        new("map, then last layer", ThenLastLayer: true),
    ];

    /// <summary>
    /// Cost for one image: billions of multiply-adds of matrix products. A map of what is read beside runs before averaging or enlarging, with which affine
    /// maps commute: for a coarser level on that level's few tokens.
    /// </summary>
    /// <param name="layer">GMACs of one encoder layer.</param>
    public double Gmacs(IReadOnlyList<LevelGrid> grids, int width, double layer)
    {
        var own = (double)grids.Sum(static grid => grid.Tokens) * width * width;
        var beside = Extra switch
        {
            TokenFeatures.Neighbours => grids.Sum(static grid => grid.Tokens),
            TokenFeatures.Coarser => grids.Where(static grid => grid.Coarser is not null).Sum(static grid => grid.Coarser!.Tokens),
            _ => 0,
        };
        return ((own + (beside * (Rank is { } rank ? 2.0 * rank * width : (double)width * width))) / 1e9) + (ThenLastLayer ? layer : 0);
    }
}
