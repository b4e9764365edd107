namespace EcoM2F.Recipe.Gates;

/// <summary>A gate's guard: where an image's leverage among the rows that trained the gate is above a bound, one fixed point takes the place of its choice.</summary>
/// <param name="Mean">[d]: leverage = |(feature - mean) weight|^2.</param>
/// <param name="Weight">[d, d] row by row.</param>
/// <param name="MaxLeverage">The bound: a quantile of the rows' own leverages, each held out.</param>
/// <param name="Fallback">Index of the fixed point that is best on the rows at the gate's price.</param>
/// <param name="Beta">That price, PQ points per layer.</param>
public sealed record TrainedGuard(float[] Mean, float[] Weight, double MaxLeverage, int Fallback, double Beta)
{
    /// <summary>Held-out rows above the bound, and so under the fallback.</summary>
    public required int HeldOut { get; init; }
}
