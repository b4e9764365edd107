namespace EcoM2F.Recipe.Metrics;

/// <summary>Pixels of one image, or of several added up, as IoU and accuracy need them.</summary>
/// <param name="Classes">Ascending by class; only those that occur.</param>
/// <param name="Correct">Pixels of the right class.</param>
/// <param name="Pixels">Pixels that count: all but the truth's void.</param>
internal sealed record SemanticCounts(IReadOnlyList<ClassPixels> Classes, long Correct, long Pixels) : ImageCounts
{
    /// <param name="classes">How many there are. A predicted label beyond is wrong wherever it stands.</param>
    /// <exception cref="RecipeException">Sizes differ, or the truth has a label that is neither a class nor void.</exception>
    public static SemanticCounts Count(LabelMap truth, LabelMap prediction, int classes)
    {
        if (truth.Width != prediction.Width || truth.Height != prediction.Height)
        {
            throw new RecipeException($"{prediction.Name} has {prediction.Width} x {prediction.Height} pixels; {truth.Name} has {truth.Width} x {truth.Height}.");
        }

        var found = new ClassPixels[classes];
        var pixels = 0L;
        for (var i = 0; i < truth.Labels.Length; i++)
        {
            var (real, predicted) = (truth.Labels[i], prediction.Labels[i]);
            if (real == LabelMap.Ignore)
            {
                continue;
            }

            if ((uint)real >= (uint)classes)
            {
                throw new RecipeException($"{truth.Name}: a pixel has label {real}; allowed are 0 to {classes - 1}, and {LabelMap.Ignore} for void.");
            }

            pixels++;
            found[real].Truth++;
            if ((uint)predicted < (uint)classes)
            {
                found[predicted].Predicted++;
                found[real].Intersection += real == predicted ? 1 : 0;
            }
        }

        return new SemanticCounts(Occurring(found), found.Sum(static item => item.Intersection), pixels);
    }

    /// <summary>Counts of all images together.</summary>
    public static SemanticCounts Sum(IReadOnlyList<SemanticCounts> images, ReadOnlySpan<int> weights, int classes)
    {
        var sums = new ClassPixels[classes];
        var (correct, pixels) = (0L, 0L);
        for (var i = 0; i < images.Count; i++)
        {
            var weight = weights.IsEmpty ? 1 : weights[i];
            correct += images[i].Correct * weight;
            pixels += images[i].Pixels * weight;
            foreach (var item in images[i].Classes)
            {
                sums[item.ClassId].Intersection += item.Intersection * weight;
                sums[item.ClassId].Truth += item.Truth * weight;
                sums[item.ClassId].Predicted += item.Predicted * weight;
            }
        }

        return new SemanticCounts(Occurring(sums), correct, pixels);
    }

    private static List<ClassPixels> Occurring(ClassPixels[] classes)
    {
        var result = new List<ClassPixels>();
        for (var i = 0; i < classes.Length; i++)
        {
            if (classes[i].Union > 0)
            {
                result.Add(classes[i] with { ClassId = i });
            }
        }

        return result;
    }
}

/// <summary>Pixels of one class, among those that count.</summary>
internal record struct ClassPixels(int ClassId, long Intersection, long Truth, long Predicted)
{
    public readonly long Union => Truth + Predicted - Intersection;

    /// <summary>A fraction; NaN for a class that neither truth nor prediction has.</summary>
    public readonly double Iou => Union == 0 ? double.NaN : (double)Intersection / Union;
}
