namespace EcoM2F.Recipe.Metrics;

/// <summary>All detections of one class in a set, best score first; equals keep the order of images, as a stable sort would.</summary>
internal sealed class ClassRanking
{
    /// <summary>numpy's <c>spacing(1)</c>, which COCOeval adds to denominators.</summary>
    private const double Spacing = 2.220446049250313e-16;

    private readonly List<(int Image, int[] Positives)> _positives = [];
    private List<Entry> _entries = [];

    public int Count => _entries.Count;

    public void Add(int image, ClassMatches matches)
    {
        _positives.Add((image, matches.Positives));
        for (var i = 0; i < matches.Detections.Length; i++)
        {
            _entries.Add(new Entry(matches.Detections[i], image, i));
        }
    }

    public void Sort() => _entries = [.. _entries.OrderByDescending(static entry => entry.Detection.Score)];

    /// <summary>Objects to be found.</summary>
    public long Positives(int area, ReadOnlySpan<int> weights)
    {
        var sum = 0L;
        foreach (var (image, positives) in _positives)
        {
            sum += (long)positives[area] * (weights.IsEmpty ? 1 : weights[image]);
        }

        return sum;
    }

    /// <summary>Average precision and recall at one threshold.</summary>
    /// <param name="maxDetections">Of each image.</param>
    /// <param name="positives">At least 1.</param>
    /// <param name="curve">Room for <see cref="Count"/> points.</param>
    public (double Precision, double Recall) At(int area, int threshold, int maxDetections, long positives, ReadOnlySpan<int> weights, Span<CurvePoint> curve)
    {
        var bit = CocoParameters.Bit(area, threshold);
        var (right, wrong, count) = (0L, 0L, 0);
        foreach (var entry in _entries)
        {
            var weight = weights.IsEmpty ? 1 : weights[entry.Image];
            if (weight == 0 || entry.Rank >= maxDetections || (entry.Detection.Ignored & bit) != 0)
            {
                continue;
            }

            if ((entry.Detection.Matched & bit) == 0)
            {
                wrong += weight;
                continue;
            }

            right += weight;
            curve[count++] = new CurvePoint(right, right / (right + wrong + Spacing));
        }

        return (Mean(curve[..count], positives), (double)right / positives);
    }

    /// <summary>Over 101 recalls, precision the highest that any higher recall has; 0 beyond the last.</summary>
    private static double Mean(Span<CurvePoint> curve, long positives)
    {
        for (var i = curve.Length - 1; i > 0; i--)
        {
            if (curve[i].Precision > curve[i - 1].Precision)
            {
                curve[i - 1] = curve[i - 1] with { Precision = curve[i].Precision };
            }
        }

        var (sum, point) = (0.0, 0);
        foreach (var recall in CocoParameters.Recalls)
        {
            while (point < curve.Length && (double)curve[point].Right / positives < recall)
            {
                point++;
            }

            if (point == curve.Length)
            {
                break;
            }

            sum += curve[point].Precision;
        }

        return sum / CocoParameters.Recalls.Length;
    }

    private readonly record struct Entry(MatchedDetection Detection, int Image, int Rank);
}

/// <summary>A place where recall rises.</summary>
/// <param name="Right">Objects found so far.</param>
internal readonly record struct CurvePoint(long Right, double Precision);
