using EcoM2F.Inference.Compute;

namespace EcoM2F.Recipe.Gates;

/// <summary>What a way to choose depths gives over a set of images.</summary>
/// <param name="Utility">Mean of <see cref="UtilityRule.Of"/>, PQ points.</param>
/// <param name="Quality">Mean of the images' own quality, a fraction.</param>
/// <param name="MeanDepth">Encoder layers.</param>
/// <param name="Depths">How many images stop at each exit, in the order of the exits.</param>
public sealed record PolicyScore(double Utility, double Quality, double MeanDepth, IReadOnlyList<int> Depths)
{
    /// <param name="choices">Index of the exit, by image.</param>
    internal static PolicyScore Of(GateData data, ReadOnlySpan<int> choices, double beta)
    {
        var (utility, quality, depth) = (0.0, 0.0, 0.0);
        var depths = new int[data.Exits.Count];
        for (var image = 0; image < choices.Length; image++)
        {
            var exit = choices[image];
            utility += data.Utility(image, exit, beta);
            quality += data.Quality(image)[exit];
            depth += data.Exits[exit];
            depths[exit]++;
        }

        return new PolicyScore(utility / data.Images, quality / data.Images, depth / data.Images, depths);
    }

    /// <summary>Every image at one exit, for every exit.</summary>
    internal static PolicyScore[] Statics(GateData data, double beta)
    {
        var statics = new PolicyScore[data.Exits.Count];
        var choices = new int[data.Images];
        for (var exit = 0; exit < statics.Length; exit++)
        {
            Array.Fill(choices, exit);
            statics[exit] = Of(data, choices, beta);
        }

        return statics;
    }
}
