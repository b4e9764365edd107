namespace EcoM2F.Recipe.Gates;

/// <summary>Squared errors on images that were left out, by what was left out in turn, by what points share, and by penalty.</summary>
internal sealed class GainErrors(int shared, int penalties)
{
    private readonly List<double[,]> _gains = [];
    private readonly double[] _quality = new double[penalties];

    public void Add(RidgeRegression regression, Moments left, IReadOnlyList<SharedGains> ways, IReadOnlyList<double> values, int width)
    {
        var gains = new double[shared, penalties];
        for (var p = 0; p < penalties; p++)
        {
            var fitted = regression.FitStandardised(values[p]);
            for (var way = 0; way < shared; way++)
            {
                var error = left.SquaredError(regression.Raw(ways[way].Of(fitted, width)));
                gains[way, p] = error.AsSpan(1).ToArray().Sum();
                _quality[p] += way == 0 ? error[0] : 0;
            }
        }

        _gains.Add(gains);
    }

    /// <summary>Of equals the strongest penalty.</summary>
    public int LeastOfQuality() => Enumerable.Range(0, penalties).Reverse().MinBy(p => _quality[p]);

    /// <inheritdoc cref="LeastOfQuality"/>
    public int LeastOfGains(int way) => Enumerable.Range(0, penalties).Reverse().MinBy(p => Sum(way, p));

    /// <summary>
    /// The freest way, unless another's error is less by more than the standard error of that difference over what was left out. Of equals the
    /// strongest penalty.
    /// </summary>
    public (int Shared, int Penalty) LeastOfGains()
    {
        var (free, way) = (LeastOfGains(0), Enumerable.Range(0, shared).MinBy(of => Sum(of, LeastOfGains(of))));
        var penalty = LeastOfGains(way);
        double[] less = [.. _gains.Select(left => left[0, free] - left[way, penalty])];
        var mean = less.Average();
        var deviation = Math.Sqrt(less.Sum(of => (of - mean) * (of - mean)) / Math.Max(1, less.Length - 1));
        return mean > deviation / Math.Sqrt(less.Length) ? (way, penalty) : (0, free);
    }

    private double Sum(int way, int penalty) => _gains.Sum(left => left[way, penalty]);
}
