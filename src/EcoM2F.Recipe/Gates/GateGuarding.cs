namespace EcoM2F.Recipe.Gates;

/// <summary>Puts a guard around choices: leverages among some rows, and the bound above which a choice gives way.</summary>
internal sealed class GateGuarding
{
    private readonly GateData _data;
    private readonly FeatureLeverage _leverage;
    private readonly CentredFeatures _features;
    private readonly double[] _heldOut;

    /// <param name="penalty">Of the gate's regression.</param>
    /// <param name="quantile">Of the held-out leverages, 0 to 1.</param>
    public GateGuarding(GateData data, Folds folds, double penalty, double quantile, CancellationToken cancellationToken)
    {
        (_data, _features, _heldOut) = (data, new CentredFeatures(data), new double[data.Images]);
        var parts = new Moments[folds.Count];
        Parallel.For(0, folds.Count, part => parts[part] = Sum(folds[part]));
        _leverage = new RidgeRegression(Moments.Sum(parts)).Leverage(penalty);
        Parallel.For(0, folds.Count, new ParallelOptions { CancellationToken = cancellationToken }, part =>
        {
            var without = new RidgeRegression(Moments.Sum(parts.Where((_, other) => other != part))).Leverage(penalty);
            foreach (var image in folds[part])
            {
                _heldOut[image] = Of(without, _data.Feature(image));
            }
        });
        Bound = Quantile([.. _heldOut.Order()], quantile);
    }

    /// <summary>The largest leverage at which a gate still decides.</summary>
    public double Bound { get; }

    /// <summary>Choices for the rows themselves, each held out.</summary>
    /// <returns>A copy in which images above the bound have their fallback.</returns>
    public int[] Guard(int[] choices, double beta)
    {
        var fallback = Fallback(beta);
        return [.. choices.Select((choice, image) => _heldOut[image] > Bound ? fallback : choice)];
    }

    /// <summary>Whether a gate that these rows trained decides about an image of other data.</summary>
    public bool Decides(ReadOnlySpan<float> feature) => Of(_leverage, feature) <= Bound;

    /// <summary>Index of the fixed point that is best on the rows at a price.</summary>
    public int Fallback(double beta)
    {
        var statics = PolicyScore.Statics(_data.WithoutProbe(), beta);
        return Enumerable.Range(0, statics.Length).MaxBy(point => statics[point].Utility);
    }

    public TrainedGuard ToGuard(double beta)
    {
        var (mean, weight) = _leverage.ToGraph(_features.Centre);
        return new TrainedGuard(mean, weight, Bound, Fallback(beta), beta) { HeldOut = _heldOut.Count(leverage => leverage > Bound) };
    }

    private double Of(FeatureLeverage leverage, ReadOnlySpan<float> feature)
    {
        var x = new double[feature.Length];
        _features.Centred(feature, x);
        return leverage.Of(x);
    }

    private Moments Sum(IEnumerable<int> images)
    {
        var (moments, x) = (new Moments(_data.Width, 0), new double[_data.Width]);
        foreach (var image in images)
        {
            _features.Centred(image, x);
            moments.Add(x, []);
        }

        return moments;
    }

    /// <summary>The smallest of the values that so large a share of them does not exceed.</summary>
    private static double Quantile(double[] sorted, double share) => sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
}
