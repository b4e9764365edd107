namespace EcoM2F.Recipe.Gates;

/// <summary>The paper's step C: softmax over exits, cross-entropy against each image's best exit at one price.</summary>
internal sealed class BestExitTrainer(GateData data, Folds folds) : IGateTrainer
{
    /// <summary>Images that regularisation is chosen on: with more of them it matters less and costs more.</summary>
    private const int TunedImages = 5_000;

    /// <summary>Parts that validate where that many images are: what several smaller parts are for, few large ones do.</summary>
    private const int LargeParts = 2;

    private static readonly double[] Penalties = [0.001, 0.01, 0.1, 0.3, 1, 3, 10];

    private readonly Tuning[] _parts = new Tuning[folds.Count];
    private Tuning? _all;

    public double Penalty => Tuned().Penalty;

    public void Tune(double beta, CancellationToken cancellationToken)
    {
        var targets = ExitChoice.Targets(data, beta);
        Parallel.For(0, folds.Count + 1, new ParallelOptions { CancellationToken = cancellationToken }, part =>
        {
            if (part == folds.Count)
            {
                _all = Tune(folds.Except(), targets, cancellationToken);
            }
            else
            {
                _parts[part] = Tune(folds.Except(part), targets, cancellationToken);
            }
        });
    }

    public int[] ChooseHeldOut(double beta)
    {
        Tuned();
        var targets = ExitChoice.Targets(data, beta);
        var choices = new int[data.Images];
        Parallel.For(0, folds.Count, part =>
        {
            var map = Fit(folds.Images(folds.Except(part)), targets, _parts[part]);
            Choose(folds[part], map, choices);
        });
        return choices;
    }

    public LinearGate Fit(double beta) => Fit(folds.Images(folds.Except()), ExitChoice.Targets(data, beta), Tuned()).ToGate();

    private AffineMap Fit(int[] images, int[] targets, Tuning tuning) =>
        new SoftmaxRegression(data, images, targets, folds.Seed).Fit(tuning.Penalty, tuning.Turns);

    private Tuning Tuned() => _all ?? throw new InvalidOperationException("Tune comes first.");

    /// <summary>Each of the parts in turn validates: the penalty with the least loss there, and the turns that it took, in the mean.</summary>
    private Tuning Tune(int[] parts, int[] targets, CancellationToken cancellationToken)
    {
        var (losses, turns) = (new double[Penalties.Length], new double[Penalties.Length]);
        int[] validating = folds.Images(parts).Length > TunedImages ? parts[..LargeParts] : parts;
        foreach (var left in validating)
        {
            var (train, validation) = (Some(parts.Where(part => part != left)), Some([left]));
            var regression = new SoftmaxRegression(data, train, targets, folds.Seed);
            for (var p = 0; p < Penalties.Length; p++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var (best, loss) = regression.FitUntil(Penalties[p], validation);
                losses[p] += loss * validation.Length;
                turns[p] += best / (double)validating.Length;
            }
        }

        // Of equals the strongest.
        var least = Enumerable.Range(0, Penalties.Length).Reverse().MinBy(p => losses[p]);
        return new Tuning(Penalties[least], (int)Math.Round(turns[least], MidpointRounding.AwayFromZero));
    }

    private int[] Some(IEnumerable<int> parts)
    {
        var images = folds.Images(parts);
        return images.Length <= TunedImages
            ? images
            : [.. Folds.Order(images.Length, folds.Seed, stream: 0).Take(TunedImages).Select(place => images[place]).Order()];
    }

    private void Choose(IReadOnlyList<int> images, AffineMap map, int[] choices)
    {
        var (x, scores) = (new double[data.Width], new double[map.Outputs]);
        foreach (var image in images)
        {
            System.Numerics.Tensors.TensorPrimitives.ConvertTruncating<float, double>(data.Feature(image), x);
            map.Apply(x, scores);
            choices[image] = ExitChoice.Of(scores);
        }
    }

    private sealed record Tuning(double Penalty, int Turns);
}
