namespace EcoM2F.Recipe.Gates;

/// <summary>
/// Fits the regression of <see cref="GainTrainer"/> to some of the images' parts: penalties and what points share are chosen where those parts
/// validate in turn, or whole data sets do. Usually the parts: a gate that is to hold on a strange set learns next to nothing, and strange
/// images are the guard's part (docs/points.md has the numbers).
/// </summary>
internal sealed class GainFit
{
    /// <summary>Groups of parts that validate.</summary>
    private const int Validations = 10;

    /// <summary>In units of the features' variance: from nearly none to nearly nothing learnt.</summary>
    private static readonly double[] Penalties = [.. Enumerable.Range(0, 15).Select(static step => Math.Pow(10, -3 + (step * 0.5)))];

    private readonly GateData _data;
    private readonly IReadOnlyList<SharedGains> _shared;
    private readonly int _sets;
    private readonly bool _bySets;

    /// <summary>By part and set.</summary>
    private readonly Moments?[][] _parts;

    /// <param name="bySets">Whether data sets, of which there are several, validate in turn.</param>
    public GainFit(GateData data, Folds folds, bool bySets)
    {
        _bySets = bySets;
        (_data, Features, _shared) = (data, new CentredFeatures(data), SharedGains.For(data.Points));
        _sets = data.HasPoints ? data.Sets.Max() + 1 : 1;
        _parts = new Moments?[folds.Count][];
        Parallel.For(0, folds.Count, part => _parts[part] = [.. Enumerable.Range(0, _sets).Select(set => Sum(folds[part].Where(image => _sets == 1 || data.Sets[image] == set)))]);
    }

    public CentredFeatures Features { get; }

    public AffineMap Raw(AffineMap map) => Features.Raw(map);

    /// <summary>Each group of parts, or each set, in turn is left out to find the penalty with the least error there, one for the first point's quality and one for all gains.</summary>
    public GainMap Tune(int[] parts)
    {
        var errors = new GainErrors(_shared.Count, Penalties.Length);
        foreach (var (kept, left) in Splits(parts))
        {
            errors.Add(new RidgeRegression(kept), left, _shared, Penalties, _data.Width);
        }

        var (shared, gains) = errors.LeastOfGains();
        return Fit(new RidgeRegression(Of(parts)), _shared[shared], Penalties[errors.LeastOfQuality()], Penalties[gains]);
    }

    private IEnumerable<(Moments Kept, Moments Left)> Splits(int[] parts) => _bySets
        ? Enumerable.Range(0, _sets).Select(set => (Kept: Of(parts, of => of != set), Left: Of(parts, of => of == set)))
            .Where(static split => split.Kept is not null && split.Left is not null).Select(static split => (split.Kept!, split.Left!))
        : Folds.Groups(parts, Validations).Select(left => (Of([.. parts.Except(left)]), Of(left)));

    /// <summary>Fits all parts' images but those of one set.</summary>
    public AffineMap Without(int set, GainMap like) => Fit(
        new RidgeRegression(Of([.. Enumerable.Range(0, _parts.Length)], of => of != set)!), like.Shared, like.QualityPenalty, like.Penalty).Map;

    private static GainMap Fit(RidgeRegression regression, SharedGains shared, double qualityPenalty, double penalty)
    {
        var (quality, map) = (regression.Fit(qualityPenalty), regression.FitStandardised(penalty));
        map = regression.Raw(shared.Of(map, map.Row(0).Length));
        quality.Row(0).CopyTo(map.Row(0));
        map.Bias[0] = quality.Bias[0];
        return new GainMap(map, shared, qualityPenalty, penalty);
    }

    private Moments Of(int[] parts) => Of(parts, static _ => true)!;

    private Moments? Of(int[] parts, Func<int, bool> ofSet)
    {
        Moments[] some = [.. parts.SelectMany(part => _parts[part].Where((moments, set) => moments is not null && ofSet(set)).OfType<Moments>())];
        return some.Length == 0 ? null : Moments.Sum(some);
    }

    private Moments? Sum(IEnumerable<int> images)
    {
        Moments? moments = null;
        var (x, y) = (new double[_data.Width], new double[_data.Points.Count]);
        foreach (var image in images)
        {
            moments ??= new Moments(_data.Width, _data.Points.Count);
            Features.Centred(image, x);
            _data.Quality(image).CopyTo(y);
            for (var k = 1; k < y.Length; k++)
            {
                y[k] -= y[0];
            }

            moments.Add(x, y);
        }

        return moments;
    }
}

/// <summary>A fitted regression, of centred features: the first point's quality, and the gains of the others over it.</summary>
/// <param name="QualityPenalty">Of the first point's quality.</param>
/// <param name="Penalty">Of the gains.</param>
internal sealed record GainMap(AffineMap Map, SharedGains Shared, double QualityPenalty, double Penalty);
