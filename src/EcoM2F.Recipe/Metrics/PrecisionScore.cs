namespace EcoM2F.Recipe.Metrics;

/// <summary>COCO's twelve numbers, as fractions; NaN where the set has no object that a number is about.</summary>
/// <param name="Numbers">In the order of <see cref="Names"/>.</param>
/// <param name="PerClass">AP by class index; NaN for a class without objects.</param>
public sealed record PrecisionScore(IReadOnlyList<double> Numbers, IReadOnlyList<double> PerClass)
{
    /// <summary>As pycocotools lists them: AP over IoU 0.50 to 0.95, at 0.50, at 0.75, by size; recall with 1, 10, 100 detections, by size.</summary>
    public static IReadOnlyList<string> Names { get; } = ["AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl"];

    /// <summary>AP over IoU 0.50 to 0.95, all sizes: the headline.</summary>
    public double Ap => Numbers[0];
}
