using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Recipe.Metrics;

/// <summary>A class for every pixel of one image, true or predicted.</summary>
/// <param name="Name">Where it comes from, for error messages.</param>
/// <param name="Labels">[Height, Width] row by row: class index; <see cref="Ignore"/> in a truth is void.</param>
internal sealed record LabelMap(string Name, int Width, int Height, int[] Labels)
{
    /// <summary>Pixels of a truth that do not count.</summary>
    public const int Ignore = 255;

    /// <summary>The engine's result; shares its labels.</summary>
    public static LabelMap Of(SemanticSegmentation segmentation, string name) => new(name, segmentation.Width, segmentation.Height, segmentation.Labels);
}
