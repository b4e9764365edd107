namespace EcoM2F.Recipe.Metrics;

/// <summary>PQ, SQ and RQ of a set or of one image: means over the classes that occur, be it only as false positives.</summary>
/// <param name="Classes">By class index, those that do not occur too.</param>
public sealed record PanopticScore(PanopticQuality All, PanopticQuality Things, PanopticQuality Stuff, IReadOnlyList<ClassCounts> Classes)
{
    /// <param name="isThing">By class index.</param>
    internal static PanopticScore Of(PanopticCounts counts, IReadOnlyList<bool> isThing)
    {
        var classes = new ClassCounts[isThing.Count];
        for (var i = 0; i < classes.Length; i++)
        {
            classes[i] = new ClassCounts(i, 0, 0, 0, 0);
        }

        foreach (var item in counts.Classes)
        {
            classes[item.ClassId] = item;
        }

        return new PanopticScore(
            PanopticQuality.Mean(classes),
            PanopticQuality.Mean(classes.Where((_, i) => isThing[i])),
            PanopticQuality.Mean(classes.Where((_, i) => !isThing[i])),
            classes);
    }
}

/// <summary>Means over classes, as fractions; NaN where none occurs.</summary>
/// <param name="Classes">How many classes occur.</param>
public readonly record struct PanopticQuality(double Pq, double Sq, double Rq, int Classes)
{
    internal static PanopticQuality Mean(IEnumerable<ClassCounts> classes)
    {
        var (pq, sq, rq, count) = (0.0, 0.0, 0.0, 0);
        foreach (var item in classes.Where(static item => item.Occurs))
        {
            (pq, sq, rq, count) = (pq + item.Pq, sq + item.Sq, rq + item.Rq, count + 1);
        }

        return count == 0 ? new PanopticQuality(double.NaN, double.NaN, double.NaN, 0) : new PanopticQuality(pq / count, sq / count, rq / count, count);
    }
}
