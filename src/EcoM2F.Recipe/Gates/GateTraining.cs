using EcoM2F.Inference.Models;

namespace EcoM2F.Recipe.Gates;

/// <summary>What to train and how.</summary>
public sealed record GateTrainingOptions
{
    /// <summary>Whether the gate predicts quality, so that the price comes with the request; otherwise it is a classifier.</summary>
    public bool Utility { get; init; }

    /// <summary>Regression of gains (true), or cross-entropy against the best exit; a utility gate is always the former.</summary>
    public bool Gain { get; init; }

    /// <summary>For a utility gate it may be null.</summary>
    public GateTarget? Target { get; init; }

    /// <summary>Prices that a utility gate without target is judged at, PQ points per layer.</summary>
    public IReadOnlyList<double> Prices { get; init; } = [0.1, 0.3, 1];

    /// <summary>Parts that the images are split into; each is held out in turn. 3 or more, so that one is left to tune on.</summary>
    public int Folds { get; init; } = 5;

    public ulong Seed { get; init; }

    /// <summary>Judged at the prices of the model's own profiles, where it has any: there its owner has use for a gate.</summary>
    public GateTrainingOptions AtPricesOf(ModelManifest model)
    {
        double[] prices = [.. (model.Gates?.Profiles.Values ?? []).Select(static gate => gate.Beta).OfType<double>().Distinct().Order()];
        return prices.Length == 0 ? this : this with { Prices = prices };
    }
}

/// <summary>A trained gate and what it is worth.</summary>
/// <param name="Gate">Fitted to all images.</param>
/// <param name="Beta">PQ points per layer; null for a utility gate that no target was given for.</param>
/// <param name="Penalty">L2, on standardised features; found by cross-validation.</param>
/// <param name="Judgement">On choices for images by gates that did not see them.</param>
/// <param name="Curve">Around the price that was found; empty where it was given.</param>
public sealed record TrainedGate(LinearGate Gate, double? Beta, double Penalty, GateJudgement Judgement, IReadOnlyList<PriceJudgement> Curve);

/// <summary>Step C: from derived rows to a gate. The same rows (in whatever order and files), options and seed give the same gate.</summary>
public static class GateTraining
{
    /// <summary>Looked-at prices on each side of the one found.</summary>
    private const int CurvePoints = 3;

    /// <summary>Where tuning starts when the price is still to be found.</summary>
    private const double FirstBeta = 0.3;

    /// <summary>
    /// 1. Split the images. 2. Tune regularisation, each part's without that part. 3. Find the price on the held-out choices, where a
    /// target is given, and tune again at it. 4. Judge the held-out choices. 5. Fit to all images.
    /// </summary>
    /// <exception cref="RecipeException">Too few images, or a target that cannot be reached.</exception>
    public static TrainedGate Train(GateData data, GateTrainingOptions options, CancellationToken cancellationToken = default)
    {
        if (data.Images < 2 * options.Folds)
        {
            throw new RecipeException($"{data.Images} images are too few: {options.Folds} parts are held out in turn, which takes {2 * options.Folds} at least.");
        }

        // 1. folds
        var folds = new Folds(data.Images, options.Folds, options.Seed);
        IGateTrainer trainer = options.Gain || options.Utility ? new GainTrainer(data, folds) : new BestExitTrainer(data, folds);

        // 2. and 3. regularisation, price
        var (beta, curve) = FindPrice(data, trainer, options.Target, cancellationToken);

        // 4. judgement
        IReadOnlyList<double> prices = beta is { } one ? [one] : options.Prices;
        var judgement = GateJudgement.Of(data, [.. prices.Select(price => (price, trainer.ChooseHeldOut(price)))], options.Seed, cancellationToken);

        // 5. all images
        var gate = options.Utility ? ((GainTrainer)trainer).FitUtility() : trainer.Fit(beta!.Value);
        return new TrainedGate(gate, beta, trainer.Penalty, judgement, curve);
    }

    private static (double? Beta, IReadOnlyList<PriceJudgement> Curve) FindPrice(
        GateData data, IGateTrainer trainer, GateTarget? target, CancellationToken cancellationToken)
    {
        if (target is not { } wanted || wanted.Kind == GateTargetKind.Beta)
        {
            trainer.Tune(target?.Value ?? FirstBeta, cancellationToken);
            return (target?.Value, []);
        }

        // Twice: regularisation tuned at some price leads to a first answer, tuned at that price to the second.
        var beta = FirstBeta;
        IReadOnlyList<PriceJudgement> curve = [];
        for (var turn = 0; turn < 2; turn++)
        {
            trainer.Tune(beta, cancellationToken);
            var search = new BetaSearch(data, price =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                return trainer.ChooseHeldOut(price);
            });
            beta = search.Find(wanted);
            curve = search.Around(beta, CurvePoints);
        }

        return (beta, curve);
    }
}
