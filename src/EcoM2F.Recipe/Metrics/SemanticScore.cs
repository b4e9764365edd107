namespace EcoM2F.Recipe.Metrics;

/// <summary>Quality of label maps, as fractions; NaN where nothing counts.</summary>
/// <param name="Miou">Mean over the classes that occur, true or predicted.</param>
/// <param name="Iou">By class index; NaN for a class that does not occur.</param>
/// <param name="PixelAccuracy">Share of the pixels that count.</param>
public sealed record SemanticScore(double Miou, IReadOnlyList<double> Iou, double PixelAccuracy)
{
    internal static SemanticScore Of(SemanticCounts counts, int classes)
    {
        var iou = Enumerable.Repeat(double.NaN, classes).ToArray();
        foreach (var item in counts.Classes)
        {
            iou[item.ClassId] = item.Iou;
        }

        var miou = counts.Classes.Count == 0 ? double.NaN : counts.Classes.Average(static item => item.Iou);
        return new SemanticScore(miou, iou, counts.Pixels == 0 ? double.NaN : (double)counts.Correct / counts.Pixels);
    }
}
