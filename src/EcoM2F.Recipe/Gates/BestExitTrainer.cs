namespace EcoM2F.Recipe.Gates;

/// <summary>The paper's step C: softmax over exits, or points, cross-entropy against each image's best one at one price.</summary>
internal sealed class BestExitTrainer : IGateTrainer
{
    /// <summary>Images that regularisation is chosen on: with more of them it matters less and costs more.</summary>
    private const int TunedImages = 5_000;

    /// <summary>Parts that validate where that many images are: what several smaller parts are for, few large ones do.</summary>
    private const int LargeParts = 2;

    /// <summary>Groups of parts that validate, where there are many parts.</summary>
    private const int Validations = 10;

    private static readonly double[] Penalties = [0.001, 0.01, 0.1, 0.3, 1, 3, 10];

    private readonly GateData _data;
    private readonly Folds _folds;

    /// <summary>By the part that is held out; the last trains on all images.</summary>
    private readonly SoftmaxRegression[] _regressions;
    private readonly Tuning[] _parts;
    private Tuning? _all;

    public BestExitTrainer(GateData data, Folds folds)
    {
        (_data, _folds) = (data, folds);
        _parts = new Tuning[folds.Count];
        _regressions = new SoftmaxRegression[folds.Count + 1];
        Parallel.For(0, folds.Count + 1, part => _regressions[part] = new SoftmaxRegression(data, folds.Images(Training(part)), folds.Seed));
    }

    public double Penalty => Tuned().Penalty;

    /// <inheritdoc/>
    public string Shared => SharedGains.None.Name;

    public void Tune(double beta, CancellationToken cancellationToken)
    {
        var targets = ExitChoice.Targets(_data, beta);
        Parallel.For(0, _folds.Count + 1, new ParallelOptions { CancellationToken = cancellationToken }, part =>
        {
            var tuning = Tune(Training(part), targets, cancellationToken);
            if (part == _folds.Count)
            {
                _all = tuning;
            }
            else
            {
                _parts[part] = tuning;
            }
        });
    }

    public int[] ChooseHeldOut(double beta)
    {
        Tuned();
        var targets = ExitChoice.Targets(_data, beta);
        var choices = new int[_data.Images];
        Parallel.For(0, _folds.Count, part =>
        {
            var map = _regressions[part].Fit(targets, _parts[part].Penalty, _parts[part].Turns);
            Choose(_folds[part], map, choices);
        });
        return choices;
    }

    public LinearGate Fit(double beta) => _regressions[^1].Fit(ExitChoice.Targets(_data, beta), Tuned().Penalty, Tuned().Turns).ToGate();

    private int[] Training(int part) => part == _folds.Count ? _folds.Except() : _folds.Except(part);

    private Tuning Tuned() => _all ?? throw new InvalidOperationException("Tune comes first.");

    /// <summary>Each of the parts in turn validates: the penalty with the least loss there, and the turns that it took, in the mean.</summary>
    private Tuning Tune(int[] parts, int[] targets, CancellationToken cancellationToken)
    {
        var (losses, turns) = (new double[Penalties.Length], new double[Penalties.Length]);
        var groups = Folds.Groups(parts, Validations);
        var validating = _folds.Images(parts).Length > TunedImages ? [.. groups.Take(LargeParts)] : groups;
        foreach (var left in validating)
        {
            var (train, validation) = (Some(parts.Except(left)), Some(left));
            var regression = new SoftmaxRegression(_data, train, _folds.Seed);
            for (var p = 0; p < Penalties.Length; p++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var (best, loss) = regression.FitUntil(targets, Penalties[p], validation);
                losses[p] += loss * validation.Length;
                turns[p] += best / (double)validating.Count;
            }
        }

        // Of equals the strongest.
        var least = Enumerable.Range(0, Penalties.Length).Reverse().MinBy(p => losses[p]);
        return new Tuning(Penalties[least], (int)Math.Round(turns[least], MidpointRounding.AwayFromZero));
    }

    private int[] Some(IEnumerable<int> parts)
    {
        var images = _folds.Images(parts);
        return images.Length <= TunedImages
            ? images
            : [.. Folds.Order(images.Length, _folds.Seed, stream: 0).Take(TunedImages).Select(place => images[place]).Order()];
    }

    private void Choose(IReadOnlyList<int> images, AffineMap map, int[] choices)
    {
        var (x, scores) = (new double[_data.Width], new double[map.Outputs]);
        foreach (var image in images)
        {
            System.Numerics.Tensors.TensorPrimitives.ConvertTruncating<float, double>(_data.Feature(image), x);
            map.Apply(x, scores);
            choices[image] = ExitChoice.Of(scores);
        }
    }

    private sealed record Tuning(double Penalty, int Turns);
}
