namespace EcoM2F.Inference.Compute;

/// <summary>The utility of a depth: quality minus the price of its layers (ECO-M2F, section 3.3: the target of step B).</summary>
public static class UtilityRule
{
    /// <summary>PQ points: 100 q - beta k.</summary>
    /// <param name="quality">A fraction.</param>
    /// <param name="beta">PQ points per encoder layer, <see cref="ComputeBudget.MinBeta"/> to <see cref="ComputeBudget.MaxBeta"/>.</param>
    /// <param name="layers">Encoder layers.</param>
    public static double Of(double quality, double beta, double layers) => (100 * quality) - (beta * layers);
}
