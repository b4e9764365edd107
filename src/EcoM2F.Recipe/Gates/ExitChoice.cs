using EcoM2F.Inference.Compute;

namespace EcoM2F.Recipe.Gates;

/// <summary>Which point is best, by index; ties go to the first, which is the cheaper one.</summary>
internal static class ExitChoice
{
    /// <summary>argmax of <see cref="UtilityRule.Of"/>.</summary>
    /// <param name="quality">By point, fractions.</param>
    /// <param name="costs">By point, layer equivalents.</param>
    /// <param name="beta">PQ points per layer.</param>
    public static int Of(ReadOnlySpan<double> quality, ReadOnlySpan<double> costs, double beta)
    {
        var (best, most) = (0, double.NegativeInfinity);
        for (var k = 0; k < quality.Length; k++)
        {
            var utility = UtilityRule.Of(quality[k], beta, costs[k]);
            if (utility > most)
            {
                (best, most) = (k, utility);
            }
        }

        return best;
    }

    /// <summary>argmax of a classifier's scores.</summary>
    public static int Of(ReadOnlySpan<double> scores)
    {
        var best = 0;
        for (var k = 1; k < scores.Length; k++)
        {
            best = scores[k] > scores[best] ? k : best;
        }

        return best;
    }

    /// <summary>The best point of every image, as only who knows their quality can choose it.</summary>
    public static int[] Targets(GateData data, double beta)
    {
        var targets = new int[data.Images];
        for (var image = 0; image < targets.Length; image++)
        {
            targets[image] = Of(data.Quality(image), data.Costs(image), beta);
        }

        return targets;
    }
}
