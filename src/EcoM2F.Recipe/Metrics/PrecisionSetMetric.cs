using System.Buffers;

namespace EcoM2F.Recipe.Metrics;

/// <summary>AP of a set of images.</summary>
internal sealed class PrecisionSetMetric : ISetMetric
{
    private const int At50 = 0;
    private const int At75 = 5;

    private readonly ClassRanking[] _classes;

    /// <param name="images">In ascending order of their ids where equal scores are to be ranked as pycocotools does.</param>
    /// <param name="classes">How many there are.</param>
    public PrecisionSetMetric(IReadOnlyList<ImageMatches> images, int classes)
    {
        Images = images.Count;
        _classes = new ClassRanking[classes];
        for (var i = 0; i < classes; i++)
        {
            _classes[i] = new ClassRanking();
        }

        for (var i = 0; i < images.Count; i++)
        {
            foreach (var matches in images[i].Classes)
            {
                _classes[matches.ClassId].Add(i, matches);
            }
        }

        Parallel.ForEach(_classes, static ranking => ranking.Sort());
    }

    public int Images { get; }

    /// <summary>AP of one image: the mean over the classes that it has objects of; NaN where it has none.</summary>
    public static double OfImage(ImageMatches image)
    {
        var values = new double[image.Classes.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var ranking = new ClassRanking();
            ranking.Add(0, image.Classes[i]); // best first already
            values[i] = Ap(ranking, []);
        }

        return Mean(values);
    }

    /// <inheritdoc/>
    public double Quality(ReadOnlySpan<int> weights)
    {
        var values = new double[_classes.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Ap(_classes[i], weights);
        }

        return Mean(values);
    }

    /// <inheritdoc/>
    public IReadOnlyList<double> PerClass() => [.. _classes.AsParallel().AsOrdered().Select(static ranking => Ap(ranking, []))];

    /// <summary>All twelve numbers, every image once.</summary>
    public PrecisionScore Score()
    {
        var numbers = new double[_classes.Length][];
        Parallel.For(0, _classes.Length, i => numbers[i] = OfClass(_classes[i]));
        var means = Enumerable.Range(0, PrecisionScore.Names.Count).Select(number => Mean([.. numbers.Select(of => of[number])]));
        return new PrecisionScore([.. means], [.. numbers.Select(static of => of[0])]);
    }

    private static double[] OfClass(ClassRanking ranking)
    {
        const int Most = CocoParameters.MaxDetections;
        var all = Average(ranking, CocoParameters.All, Most, []);
        var small = Average(ranking, CocoParameters.Small, Most, []);
        var medium = Average(ranking, CocoParameters.Medium, Most, []);
        var large = Average(ranking, CocoParameters.Large, Most, []);
        return
        [
            all.Precision,
            Average(ranking, CocoParameters.All, Most, [], At50, At50 + 1).Precision,
            Average(ranking, CocoParameters.All, Most, [], At75, At75 + 1).Precision,
            small.Precision,
            medium.Precision,
            large.Precision,
            Average(ranking, CocoParameters.All, 1, []).Recall,
            Average(ranking, CocoParameters.All, 10, []).Recall,
            all.Recall,
            small.Recall,
            medium.Recall,
            large.Recall,
        ];
    }

    private static double Ap(ClassRanking ranking, ReadOnlySpan<int> weights) =>
        Average(ranking, CocoParameters.All, CocoParameters.MaxDetections, weights).Precision;

    /// <summary>Mean over a range of thresholds; NaN without objects.</summary>
    private static (double Precision, double Recall) Average(
        ClassRanking ranking, int area, int maxDetections, ReadOnlySpan<int> weights, int first = 0, int end = 10)
    {
        var positives = ranking.Positives(area, weights);
        if (positives == 0)
        {
            return (double.NaN, double.NaN);
        }

        var curve = ArrayPool<CurvePoint>.Shared.Rent(ranking.Count);
        var (precision, recall) = (0.0, 0.0);
        for (var threshold = first; threshold < end; threshold++)
        {
            var at = ranking.At(area, threshold, maxDetections, positives, weights, curve);
            (precision, recall) = (precision + at.Precision, recall + at.Recall);
        }

        ArrayPool<CurvePoint>.Shared.Return(curve);
        return (precision / (end - first), recall / (end - first));
    }

    private static double Mean(double[] values)
    {
        var (sum, count) = (0.0, 0);
        foreach (var value in values)
        {
            if (!double.IsNaN(value))
            {
                (sum, count) = (sum + value, count + 1);
            }
        }

        return count == 0 ? double.NaN : sum / count;
    }
}
