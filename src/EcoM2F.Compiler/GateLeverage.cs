namespace EcoM2F.Compiler;

/// <summary>
/// How a gate's graph tells images unlike those that trained it: leverage = |(pooled - <paramref name="Mean"/>) W|^2, a quadratic form of the
/// feature as it comes.
/// </summary>
/// <param name="Mean">[d].</param>
/// <param name="Weight">W, [d, d] row by row.</param>
public sealed record GateLeverage(float[] Mean, float[] Weight);
