using EcoM2F.Inference.Compute;

namespace EcoM2F.Recipe.Gates;

/// <summary>What a way to choose points gives over a set of images.</summary>
/// <param name="Utility">Mean of <see cref="UtilityRule.Of"/>, PQ points.</param>
/// <param name="Quality">Mean of the images' own quality, a fraction.</param>
/// <param name="MeanDepth">Encoder layers.</param>
/// <param name="MeanCost">Layer equivalents.</param>
/// <param name="Gmacs">Whole model per image, the probe included; without known costs as <paramref name="MeanCost"/>.</param>
/// <param name="Chosen">How many images get each point, in the order of the points.</param>
public sealed record PolicyScore(double Utility, double Quality, double MeanDepth, double MeanCost, double Gmacs, IReadOnlyList<int> Chosen)
{
    /// <param name="choices">Index of the point, by image.</param>
    internal static PolicyScore Of(GateData data, ReadOnlySpan<int> choices, double beta)
    {
        var (utility, quality, depth, cost, gmacs) = (0.0, 0.0, 0.0, 0.0, 0.0);
        var chosen = new int[data.Points.Count];
        for (var image = 0; image < choices.Length; image++)
        {
            var point = choices[image];
            utility += data.Utility(image, point, beta);
            quality += data.Quality(image)[point];
            depth += data.Points[point].Depth;
            cost += data.Costs(image)[point];
            gmacs += data.Gmacs(image)[point];
            chosen[point]++;
        }

        return new PolicyScore(utility / data.Images, quality / data.Images, depth / data.Images, cost / data.Images, gmacs / data.Images, chosen);
    }

    /// <summary>Every image at one point, for every point.</summary>
    internal static PolicyScore[] Statics(GateData data, double beta)
    {
        var statics = new PolicyScore[data.Points.Count];
        var choices = new int[data.Images];
        for (var point = 0; point < statics.Length; point++)
        {
            Array.Fill(choices, point);
            statics[point] = Of(data, choices, beta);
        }

        return statics;
    }
}
