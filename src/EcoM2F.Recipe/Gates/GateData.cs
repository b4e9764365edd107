using EcoM2F.Inference.Compute;

namespace EcoM2F.Recipe.Gates;

/// <summary>What gates are trained on: per image the pooled feature and the quality of each exit. Immutable.</summary>
/// <param name="exits">Encoder depths, ascending.</param>
/// <param name="features">[images, d] row by row.</param>
/// <param name="quality">[images, exits] row by row, fractions.</param>
public sealed class GateData(IReadOnlyList<int> exits, float[] features, double[] quality)
{
    public IReadOnlyList<int> Exits => exits;

    public int Images { get; } = quality.Length / exits.Count;

    /// <summary>Length d of the pooled feature.</summary>
    public int Width { get; } = quality.Length == 0 ? 0 : features.Length / (quality.Length / exits.Count);

    /// <summary>The image's pooled feature.</summary>
    public ReadOnlySpan<float> Feature(int image) => features.AsSpan(image * Width, Width);

    /// <summary>The image's quality by exit.</summary>
    public ReadOnlySpan<double> Quality(int image) => quality.AsSpan(image * exits.Count, exits.Count);

    /// <summary><see cref="UtilityRule.Of"/> of an image at an exit, PQ points.</summary>
    /// <param name="exit">Index of the exit.</param>
    public double Utility(int image, int exit, double beta) => UtilityRule.Of(quality[(image * exits.Count) + exit], beta, exits[exit]);
}
