namespace EcoM2F.Recipe.Gates;

/// <summary>What an encoder layer costs: beta, in PQ points per layer.</summary>
public static class LayerPrice
{
    public const double Min = 0;

    /// <summary>As large as a request may ask for: one layer costs as much as all quality there is.</summary>
    public const double Max = 100;

    /// <summary>100 q - beta k, PQ points: quality less the price of the layers.</summary>
    /// <param name="quality">A fraction.</param>
    /// <param name="beta"><see cref="Min"/> to <see cref="Max"/>.</param>
    /// <param name="depth">Encoder layers.</param>
    public static double Utility(double quality, double beta, int depth) => (100 * quality) - (beta * depth);
}
