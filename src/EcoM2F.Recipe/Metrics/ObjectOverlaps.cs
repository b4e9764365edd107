namespace EcoM2F.Recipe.Metrics;

/// <summary>IoU of every detection with every object of one class and image.</summary>
internal static class ObjectOverlaps
{
    /// <returns>[detections, truth]. Over a crowd the union is the detection alone.</returns>
    /// <exception cref="RecipeException">Masks of different sizes.</exception>
    public static double[,] Of(ReadOnlySpan<Detection> detections, ReadOnlySpan<TruthObject> truth, OverlapKind kind)
    {
        var result = new double[detections.Length, truth.Length];
        for (var d = 0; d < detections.Length; d++)
        {
            for (var g = 0; g < truth.Length; g++)
            {
                result[d, g] = kind == OverlapKind.Mask ? OfMasks(detections[d], truth[g]) : OfBoxes(detections[d].Box, truth[g]);
            }
        }

        return result;
    }

    private static double OfBoxes(Box detection, TruthObject truth)
    {
        var shared = detection.Intersection(truth.Box);
        return shared <= 0 ? 0 : shared / (truth.IsCrowd ? detection.Area : detection.Area + truth.Box.Area - shared);
    }

    private static double OfMasks(Detection detection, TruthObject truth)
    {
        var (predicted, real) = (detection.Mask, truth.Mask);
        if (predicted is null || real is null)
        {
            throw new RecipeException("Masks are to be scored, and an object has none.");
        }

        if (predicted.Height != real.Height || predicted.Width != real.Width)
        {
            throw new RecipeException($"A predicted mask has {predicted.Width} x {predicted.Height} pixels, and a true one of its image {real.Width} x {real.Height}.");
        }

        if (predicted.Box.Intersection(real.Box) <= 0)
        {
            return 0;
        }

        var shared = predicted.Intersection(real);
        return shared == 0 ? 0 : (double)shared / (truth.IsCrowd ? predicted.Area : predicted.Area + real.Area - shared);
    }
}
