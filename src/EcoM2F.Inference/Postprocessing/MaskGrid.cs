namespace EcoM2F.Inference.Postprocessing;

/// <summary>Pixels of the grid that masks have.</summary>
public readonly record struct MaskGrid(int Height, int Width)
{
    internal long Pixels => (long)Height * Width;

    /// <summary>The grid of the same proportions whose longest edge has so many pixels. The other one is rounded, and at least 1.</summary>
    internal MaskGrid WithLongestEdge(int pixels)
    {
        var (height, width) = (Height, Width);
        return height >= width ? new MaskGrid(pixels, Shorter(width, height)) : new MaskGrid(Shorter(height, width), pixels);

        int Shorter(int edge, int longest) => Math.Max(1, (int)Math.Round((double)edge * pixels / longest, MidpointRounding.AwayFromZero));
    }
}
