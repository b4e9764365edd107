namespace EcoM2F.Recipe.Gates;

/// <summary>Squared errors on images that were left out, added up over what was left out in turn: by what points share, and by penalty.</summary>
internal sealed class GainErrors(int shared, int penalties)
{
    private readonly double[,] _gains = new double[shared, penalties];
    private readonly double[] _quality = new double[penalties];

    public void Add(RidgeRegression regression, Moments left, IReadOnlyList<SharedGains> ways, IReadOnlyList<double> values, int width)
    {
        for (var p = 0; p < penalties; p++)
        {
            var fitted = regression.FitStandardised(values[p]);
            for (var way = 0; way < shared; way++)
            {
                var error = left.SquaredError(regression.Raw(ways[way].Of(fitted, width)));
                _gains[way, p] += error.AsSpan(1).ToArray().Sum();
                _quality[p] += way == 0 ? error[0] : 0;
            }
        }
    }

    /// <summary>Of equals the strongest penalty.</summary>
    public int LeastOfQuality() => Enumerable.Range(0, penalties).Reverse().MinBy(p => _quality[p]);

    /// <inheritdoc cref="LeastOfQuality"/>
    public int LeastOfGains(int way) => Enumerable.Range(0, penalties).Reverse().MinBy(p => _gains[way, p]);

    /// <summary>Of equals the freest way, and the strongest penalty.</summary>
    public (int Shared, int Penalty) LeastOfGains()
    {
        var way = Enumerable.Range(0, shared).MinBy(of => _gains[of, LeastOfGains(of)]);
        return (way, LeastOfGains(way));
    }
}
