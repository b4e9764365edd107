using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Gates;

namespace EcoM2F.Recipe.Adapters;

/// <summary>Fits the adapters of all exits to sums, and chooses each exit's penalty by its error on other photographs.</summary>
internal static class AdapterSolver
{
    /// <summary>Relative to the mean diagonal of the tokens' covariance; from next to nothing to a map that stays near the identity.</summary>
    public static IReadOnlyList<double> Penalties { get; } = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1];

    /// <param name="heldOut">Sums over photographs that are not in <paramref name="fit"/>.</param>
    /// <returns>By exit below the last.</returns>
    /// <exception cref="RecipeException">The tokens do not vary.</exception>
    public static IReadOnlyList<PenaltyChoice> Choose(ExitSums fit, ExitSums heldOut, CancellationToken cancellationToken)
    {
        var levels = fit.Levels;
        var errors = new double[fit.Exits.Count * levels][]; // by penalty; the identity's last
        Parallel.For(0, errors.Length, new ParallelOptions { CancellationToken = cancellationToken }, pair =>
        {
            var (exit, level) = Math.DivRem(pair, levels);
            var judged = heldOut.Moments[exit][level];
            var ridge = Ridge(fit.Moments[exit][level]);
            errors[pair] = [.. Penalties.Select(penalty => judged.SquaredError(ridge.Fit(penalty)).Sum()), judged.SquaredError(IdentityRidge.Identity(fit.Width)).Sum()];
        });
        return [.. fit.Exits.Select((depth, exit) =>
        {
            var variance = heldOut.Moments[exit].Sum(Variance);
            RequireVariance(variance);
            var sums = Enumerable.Range(0, Penalties.Count + 1).Select(i => errors.AsSpan(exit * levels, levels).ToArray().Sum(of => of[i]) / variance).ToArray();
            var best = Enumerable.Range(0, Penalties.Count).MinBy(i => sums[i]);
            return new PenaltyChoice(depth, Penalties[best], sums[^1], sums[best]);
        })];
    }

    public static ExitAdapter Fit(ExitSums sums, PenaltyChoice choice)
    {
        var exit = sums.Exits.TakeWhile(depth => depth != choice.Exit).Count();
        return new ExitAdapter(choice.Exit, [.. sums.Moments[exit].AsParallel().AsOrdered().Select(moments => ToLevelMap(Ridge(moments).Fit(choice.Penalty)))]);
    }

    private static IdentityRidge Ridge(Moments moments)
    {
        var ridge = new IdentityRidge(moments);
        RequireVariance(ridge.Scale);
        return ridge;
    }

    private static void RequireVariance(double variance)
    {
        if (!(variance > 0))
        {
            throw new RecipeException("The encoder's tokens are the same for all photographs; choose photographs that differ.");
        }
    }

    /// <summary>Of the last layer's tokens, summed over tokens and channels.</summary>
    private static double Variance(Moments moments)
    {
        var sum = 0.0;
        for (var k = 0; k < moments.Outputs; k++)
        {
            sum += moments.YY[k] - (moments.Y[k] * moments.Y[k] / moments.Count);
        }

        return sum;
    }

    private static LevelMap ToLevelMap(AffineMap map)
    {
        var d = map.Outputs;
        var weight = new float[d * d];
        for (var k = 0; k < d; k++)
        {
            for (var i = 0; i < d; i++)
            {
                weight[(i * d) + k] = (float)map.Row(k)[i];
            }
        }

        return new LevelMap(weight, [.. map.Bias.Select(static value => (float)value)]);
    }
}

/// <summary>A penalty, and squared errors on held-out photographs relative to the variance of the last layer's tokens.</summary>
/// <param name="Before">Without an adapter.</param>
/// <param name="After">With it.</param>
internal readonly record struct PenaltyChoice(int Exit, double Penalty, double Before, double After)
{
    /// <summary>Less than this share of the error gone is not worth a map.</summary>
    private const double LeastGain = 0.01;

    /// <summary>Whether the adapter brings the tokens nearer to the last layer's.</summary>
    public bool IsNearer => After < (1 - LeastGain) * Before;
}
