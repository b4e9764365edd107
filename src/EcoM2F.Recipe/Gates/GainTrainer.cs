using System.Numerics.Tensors;
using EcoM2F.Inference.Compute;

namespace EcoM2F.Recipe.Gates;

/// <summary>
/// Ridge regression of what each point gains over the first, which is the cheapest, and of the first's own quality; together the quality of
/// every point, so any price can be asked for. At a fixed price that is a classifier: its scores are gain less price, in PQ points.
/// </summary>
internal sealed class GainTrainer : IGateTrainer
{
    private readonly GateData _data;
    private readonly Folds _folds;
    private readonly GainFit _fit;
    private readonly double[] _classifierCosts;
    private readonly bool _isUtility;
    private readonly double[] _heldOut;
    private GainMap? _all;

    /// <param name="isUtility">Whether the price comes with each image, which then counts at its own costs; otherwise at the mean of all.</param>
    /// <param name="bySets">As <see cref="GainFit"/> has it.</param>
    public GainTrainer(GateData data, Folds folds, bool isUtility, bool bySets = false)
    {
        (_data, _folds, _isUtility) = (data, folds, isUtility);
        _fit = new GainFit(data, folds, bySets);
        _classifierCosts = data.MeanCosts();
        _heldOut = new double[data.Images * data.Points.Count];
    }

    /// <summary>Of the gains.</summary>
    public double Penalty => _all?.Penalty ?? 0;

    /// <inheritdoc/>
    public string Shared => _all?.Shared.Name ?? SharedGains.None.Name;

    /// <summary>The regression does not depend on the price, so once is enough.</summary>
    public void Tune(double beta, CancellationToken cancellationToken)
    {
        if (_all is not null)
        {
            return;
        }

        Parallel.For(0, _folds.Count, new ParallelOptions { CancellationToken = cancellationToken }, part => Predict(_folds[part], _fit.Tune(_folds.Except(part)).Map));
        _all = _fit.Tune(_folds.Except());
    }

    /// <inheritdoc/>
    public int[] ChooseHeldOut(double beta) => ChooseHeldOut(beta, [.. Enumerable.Range(0, _data.Points.Count)]);

    /// <param name="points">Indexes of the points that may be chosen, ascending.</param>
    public int[] ChooseHeldOut(double beta, int[] points)
    {
        var choices = new int[_data.Images];
        var (quality, costs) = (new double[points.Length], new double[points.Length]);
        for (var image = 0; image < choices.Length; image++)
        {
            for (var k = 0; k < points.Length; k++)
            {
                (quality[k], costs[k]) = (HeldOutQuality(image)[points[k]], Costs(image)[points[k]]);
            }

            choices[image] = points[ExitChoice.Of(quality, costs, beta)];
        }

        return choices;
    }

    /// <summary>Predicted quality by point, by a gate that did not see the image.</summary>
    public ReadOnlySpan<double> HeldOutQuality(int image) => _heldOut.AsSpan(image * _data.Points.Count, _data.Points.Count);

    /// <inheritdoc/>
    public LinearGate Fit(double beta)
    {
        var map = Tuned();
        var scores = new AffineMap(map.Outputs, _data.Width);
        for (var k = 0; k < map.Outputs; k++)
        {
            if (k > 0)
            {
                TensorPrimitives.Multiply(map.Row(k), 100, scores.Row(k));
            }

            scores.Bias[k] = UtilityRule.Of(k > 0 ? map.Bias[k] : 0, beta, _classifierCosts[k] - _classifierCosts[0]);
        }

        return _fit.Raw(scores).ToGate();
    }

    /// <summary>A gate of kind utility: the expected quality of every point, as a fraction.</summary>
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
                TensorPrimitives.Add<double>(quality.Row(k), map.Row(k), quality.Row(k));
                quality.Bias[k] += map.Bias[k];
            }
        }

        return _fit.Raw(quality).ToGate();
    }

    /// <summary>What the gate would choose for images of one set after being fitted to the others alone, with the penalty and sharing of the gate itself.</summary>
    /// <returns>By image of the set, in their order.</returns>
    public int[] ChooseWithout(int set, double beta)
    {
        var all = _all ?? throw new InvalidOperationException("Tune comes first.");
        var map = _fit.Without(set, all);
        int[] images = [.. Enumerable.Range(0, _data.Images).Where(image => _data.Sets[image] == set)];
        Predict(images, map, out var quality);
        return [.. images.Select((image, i) => ExitChoice.Of(quality.AsSpan(i * map.Outputs, map.Outputs), Costs(image), beta))];
    }

    private AffineMap Tuned() => _all?.Map ?? throw new InvalidOperationException("Tune comes first.");

    private ReadOnlySpan<double> Costs(int image) => _isUtility ? _data.Costs(image) : _classifierCosts;

    private void Predict(IReadOnlyList<int> images, AffineMap map)
    {
        Predict(images, map, out var quality);
        for (var i = 0; i < images.Count; i++)
        {
            quality.AsSpan(i * map.Outputs, map.Outputs).CopyTo(_heldOut.AsSpan(images[i] * map.Outputs));
        }
    }

    private void Predict(IReadOnlyList<int> images, AffineMap map, out double[] quality)
    {
        var x = new double[_data.Width];
        quality = new double[images.Count * map.Outputs];
        for (var i = 0; i < images.Count; i++)
        {
            _fit.Features.Centred(images[i], x);
            var predicted = quality.AsSpan(i * map.Outputs, map.Outputs);
            map.Apply(x, predicted);
            for (var k = 1; k < predicted.Length; k++)
            {
                predicted[k] += predicted[0];
            }
        }
    }
}
