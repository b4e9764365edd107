namespace EcoM2F.Recipe.Metrics;

/// <summary>Matches of one image, or of several added up. A dozen numbers an image, so those of every exit can be kept.</summary>
/// <param name="Classes">Ascending by class; only those that occur.</param>
internal sealed record PanopticCounts(IReadOnlyList<ClassCounts> Classes) : ImageCounts
{
    public static PanopticCounts Empty { get; } = new([]);

    /// <summary>Counts of all images together.</summary>
    public static PanopticCounts Sum(IEnumerable<PanopticCounts> images)
    {
        var classes = new SortedDictionary<int, ClassCounts>();
        foreach (var counts in images.SelectMany(static image => image.Classes))
        {
            classes[counts.ClassId] = classes.TryGetValue(counts.ClassId, out var before) ? before + counts : counts;
        }

        return new PanopticCounts([.. classes.Values]);
    }

    public PanopticCounts Add(PanopticCounts other) => Sum([this, other]);
}

/// <summary>Matches of one class.</summary>
/// <param name="ClassId">Class index.</param>
/// <param name="Iou">Sum over the true positives.</param>
public readonly record struct ClassCounts(int ClassId, double Iou, int TruePositives, int FalsePositives, int FalseNegatives)
{
    /// <summary>Whether there was anything of this class, predicted or true.</summary>
    public bool Occurs => TruePositives + FalsePositives + FalseNegatives > 0;

    /// <summary>Panoptic quality; NaN for a class that does not occur.</summary>
    public double Pq => Occurs ? Iou / Objects : double.NaN;

    /// <summary>Segmentation quality: mean IoU of the matches, 0 without any; NaN for a class that does not occur.</summary>
    public double Sq => !Occurs ? double.NaN : TruePositives == 0 ? 0 : Iou / TruePositives;

    /// <summary>Recognition quality: F1 of the matches; NaN for a class that does not occur.</summary>
    public double Rq => Occurs ? TruePositives / Objects : double.NaN;

    private double Objects => TruePositives + (0.5 * FalsePositives) + (0.5 * FalseNegatives);

    /// <summary>Counts of the same class added up.</summary>
    public static ClassCounts operator +(ClassCounts left, ClassCounts right) => new(
        left.ClassId,
        left.Iou + right.Iou,
        left.TruePositives + right.TruePositives,
        left.FalsePositives + right.FalsePositives,
        left.FalseNegatives + right.FalseNegatives);

    /// <summary>As if the image were there several times.</summary>
    public ClassCounts Times(int weight) => new(ClassId, Iou * weight, TruePositives * weight, FalsePositives * weight, FalseNegatives * weight);
}
