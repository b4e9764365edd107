using System.Buffers;

namespace EcoM2F.Recipe.Metrics;

/// <summary>PQ of a set of images.</summary>
internal sealed class PanopticSetMetric : ISetMetric
{
    private readonly bool[] _isThing;
    private readonly ClassCounts[] _counts;

    /// <summary>Where each image's counts end.</summary>
    private readonly int[] _ends;

    /// <param name="isThing">By class index.</param>
    public PanopticSetMetric(IReadOnlyList<PanopticCounts> images, IReadOnlyList<bool> isThing)
    {
        _isThing = [.. isThing];
        _counts = [.. images.SelectMany(static image => image.Classes)];
        _ends = new int[images.Count];
        var end = 0;
        for (var i = 0; i < _ends.Length; i++)
        {
            _ends[i] = end += images[i].Classes.Count;
        }
    }

    public int Images => _ends.Length;

    /// <inheritdoc/>
    public double Quality(ReadOnlySpan<int> weights)
    {
        var rented = ArrayPool<ClassCounts>.Shared.Rent(_isThing.Length);
        var classes = rented.AsSpan(0, _isThing.Length);
        Sum(weights, classes);
        var (sum, count) = (0.0, 0);
        foreach (var item in classes)
        {
            if (item.Occurs)
            {
                (sum, count) = (sum + item.Pq, count + 1);
            }
        }

        ArrayPool<ClassCounts>.Shared.Return(rented);
        return count == 0 ? double.NaN : sum / count;
    }

    /// <inheritdoc/>
    public IReadOnlyList<double> PerClass() => [.. Score().Classes.Select(static item => item.Pq)];

    /// <summary>All numbers of the set.</summary>
    /// <param name="weights">How often each image counts; empty for once each.</param>
    public PanopticScore Score(ReadOnlySpan<int> weights = default)
    {
        var classes = new ClassCounts[_isThing.Length];
        Sum(weights, classes);
        return PanopticScore.Of(new PanopticCounts(classes), _isThing);
    }

    private void Sum(ReadOnlySpan<int> weights, Span<ClassCounts> classes)
    {
        for (var i = 0; i < classes.Length; i++)
        {
            classes[i] = new ClassCounts(i, 0, 0, 0, 0);
        }

        var start = 0;
        for (var image = 0; image < _ends.Length; image++)
        {
            var weight = weights.IsEmpty ? 1 : weights[image];
            for (; start < _ends[image]; start++)
            {
                classes[_counts[start].ClassId] += _counts[start].Times(weight);
            }
        }
    }
}
