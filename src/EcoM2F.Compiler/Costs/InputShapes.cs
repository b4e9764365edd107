using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler.Costs;

/// <summary>Every model input that a resizing rule can produce.</summary>
internal static class InputShapes
{
    /// <summary>
    /// Either the shortest edge has its length and the other lies between it and the cap, or the longest is at the cap and the
    /// other below; both are rounded up to the divisor, in both orientations.
    /// </summary>
    public static IReadOnlyList<(int Height, int Width)> Enumerate(PreprocessingSettings settings)
    {
        var divisor = settings.Divisor;
        if (settings.Height is { } height && settings.Width is { } width)
        {
            return [(Up(height), Up(width))];
        }

        var (shortest, longest) = (Up(settings.ShortestEdge!.Value), Up(settings.LongestEdge!.Value));
        var shapes = new SortedSet<(int, int)>();
        for (var other = shortest; other <= longest; other += divisor)
        {
            shapes.Add((shortest, other));
            shapes.Add((other, shortest));
        }

        for (var other = divisor; other <= shortest; other += divisor)
        {
            shapes.Add((longest, other));
            shapes.Add((other, longest));
        }

        return [.. shapes];

        int Up(int pixels) => (pixels + divisor - 1) / divisor * divisor;
    }
}
