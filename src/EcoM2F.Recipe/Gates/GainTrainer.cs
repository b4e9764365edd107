using EcoM2F.Inference.Compute;

namespace EcoM2F.Recipe.Gates;

/// <summary>
/// Ridge regression of what each exit gains over the shallowest, and of the shallowest's own quality; together the quality of every
/// exit, so any price can be asked for. At a fixed price that is a classifier: its scores are gain less price, in PQ points.
/// </summary>
internal sealed class GainTrainer : IGateTrainer
{
    /// <summary>In units of the features' variance: from nearly none to nearly nothing learnt.</summary>
    private static readonly double[] Penalties = [.. Enumerable.Range(0, 15).Select(static step => Math.Pow(10, -3 + (step * 0.5)))];

    private readonly GateData _data;
    private readonly Folds _folds;
    private readonly double[] _centre;
    private readonly Moments[] _parts;
    private readonly double[] _heldOut;
    private AffineMap? _all;

    public GainTrainer(GateData data, Folds folds)
    {
        (_data, _folds) = (data, folds);
        _centre = Centre(data);
        _parts = new Moments[folds.Count];
        Parallel.For(0, folds.Count, part => _parts[part] = Sum(folds[part]));
        _heldOut = new double[data.Images * data.Exits.Count];
    }

    /// <summary>Of the gains.</summary>
    public double Penalty { get; private set; }

    /// <summary>The regression does not depend on the price, so once is enough.</summary>
    public void Tune(double beta, CancellationToken cancellationToken)
    {
        if (_all is not null)
        {
            return;
        }

        Parallel.For(0, _folds.Count, new ParallelOptions { CancellationToken = cancellationToken }, part => Predict(_folds[part], FitTo(_folds.Except(part)).Map));
        (_all, Penalty) = FitTo(_folds.Except());
    }

    public int[] ChooseHeldOut(double beta)
    {
        var choices = new int[_data.Images];
        for (var image = 0; image < choices.Length; image++)
        {
            choices[image] = ExitChoice.Of(HeldOutQuality(image), _data.Exits, beta);
        }

        return choices;
    }

    /// <summary>Predicted quality by exit, by a gate that did not see the image.</summary>
    public ReadOnlySpan<double> HeldOutQuality(int image) => _heldOut.AsSpan(image * _data.Exits.Count, _data.Exits.Count);

    public LinearGate Fit(double beta)
    {
        var map = Tuned();
        var scores = new AffineMap(map.Outputs, _data.Width);
        for (var k = 0; k < map.Outputs; k++)
        {
            if (k > 0)
            {
                System.Numerics.Tensors.TensorPrimitives.Multiply(map.Row(k), 100, scores.Row(k));
            }

            scores.Bias[k] = UtilityRule.Of(k > 0 ? map.Bias[k] : 0, beta, _data.Exits[k] - _data.Exits[0]);
        }

        return Raw(scores).ToGate();
    }

    /// <summary>A gate of kind utility: the expected quality of every exit, as a fraction.</summary>
    public LinearGate FitUtility()
    {
        var map = Tuned();
        var quality = new AffineMap(map.Outputs, _data.Width);
        for (var k = 0; k < map.Outputs; k++)
        {
            map.Row(0).CopyTo(quality.Row(k));
            quality.Bias[k] = map.Bias[0];
            if (k > 0)
            {
                System.Numerics.Tensors.TensorPrimitives.Add<double>(quality.Row(k), map.Row(k), quality.Row(k));
                quality.Bias[k] += map.Bias[k];
            }
        }

        return Raw(quality).ToGate();
    }

    private AffineMap Tuned() => _all ?? throw new InvalidOperationException("Tune comes first.");

    private AffineMap Raw(AffineMap map)
    {
        var ones = new double[_data.Width];
        Array.Fill(ones, 1);
        return map.Unfold(_centre, ones);
    }

    /// <summary>
    /// Fits some parts: each in turn is left out to find the penalty with the least error there, one for the shallowest exit's
    /// quality and one for all gains; then all parts with these.
    /// </summary>
    private (AffineMap Map, double Penalty) FitTo(int[] parts)
    {
        var errors = new double[Penalties.Length, 2];
        foreach (var left in parts)
        {
            var regression = new RidgeRegression(Moments.Sum(parts.Where(part => part != left).Select(part => _parts[part])));
            for (var p = 0; p < Penalties.Length; p++)
            {
                var error = _parts[left].SquaredError(regression.Fit(Penalties[p]));
                errors[p, 0] += error[0];
                errors[p, 1] += error.AsSpan(1).ToArray().Sum();
            }
        }

        var whole = new RidgeRegression(Moments.Sum(parts.Select(part => _parts[part])));
        var (basePenalty, gainPenalty) = (Penalties[Least(errors, 0)], Penalties[Least(errors, 1)]);
        var (quality, map) = (whole.Fit(basePenalty), whole.Fit(gainPenalty));
        quality.Row(0).CopyTo(map.Row(0));
        map.Bias[0] = quality.Bias[0];
        return (map, gainPenalty);
    }

    /// <summary>Of equals the strongest penalty.</summary>
    private static int Least(double[,] errors, int column) =>
        Enumerable.Range(0, Penalties.Length).Reverse().MinBy(p => errors[p, column]);

    private void Predict(IReadOnlyList<int> images, AffineMap map)
    {
        var x = new double[_data.Width];
        foreach (var image in images)
        {
            Centred(image, x);
            var quality = _heldOut.AsSpan(image * map.Outputs, map.Outputs);
            map.Apply(x, quality);
            for (var k = 1; k < quality.Length; k++)
            {
                quality[k] += quality[0];
            }
        }
    }

    private Moments Sum(IReadOnlyList<int> images)
    {
        var moments = new Moments(_data.Width, _data.Exits.Count);
        var (x, y) = (new double[_data.Width], new double[_data.Exits.Count]);
        foreach (var image in images)
        {
            Centred(image, x);
            _data.Quality(image).CopyTo(y);
            for (var k = 1; k < y.Length; k++)
            {
                y[k] -= y[0];
            }

            moments.Add(x, y);
        }

        return moments;
    }

    private void Centred(int image, Span<double> x)
    {
        var feature = _data.Feature(image);
        for (var i = 0; i < x.Length; i++)
        {
            x[i] = feature[i] - _centre[i];
        }
    }

    /// <summary>Taken from features so that sums of squares lose no digits; a regression with intercept does not depend on it.</summary>
    private static double[] Centre(GateData data)
    {
        var centre = new double[data.Width];
        for (var image = 0; image < data.Images; image++)
        {
            var feature = data.Feature(image);
            for (var i = 0; i < centre.Length; i++)
            {
                centre[i] += feature[i] / (double)data.Images;
            }
        }

        return centre;
    }
}
