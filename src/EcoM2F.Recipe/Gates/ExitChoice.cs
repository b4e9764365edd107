using EcoM2F.Inference.Compute;

namespace EcoM2F.Recipe.Gates;

/// <summary>Which exit is best, by index; ties go to the shallow one.</summary>
internal static class ExitChoice
{
    /// <summary>argmax of <see cref="UtilityRule.Of"/>.</summary>
    /// <param name="quality">By exit, fractions.</param>
    /// <param name="exits">Depths.</param>
    /// <param name="beta">PQ points per layer.</param>
    public static int Of(ReadOnlySpan<double> quality, IReadOnlyList<int> exits, double beta)
    {
        var (best, most) = (0, double.NegativeInfinity);
        for (var k = 0; k < quality.Length; k++)
        {
            var utility = UtilityRule.Of(quality[k], beta, exits[k]);
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

    /// <summary>The best exit of every image, as only who knows their quality can choose it.</summary>
    public static int[] Targets(GateData data, double beta)
    {
        var targets = new int[data.Images];
        for (var image = 0; image < targets.Length; image++)
        {
            targets[image] = Of(data.Quality(image), data.Exits, beta);
        }

        return targets;
    }
}
