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

    /// <summary>Whether the penalty of the regression is the one that errs least on data sets left out whole, instead of scenes; of several sets.</summary>
    public bool PenaltyBySets { get; init; }

    /// <summary>Share of the held-out images that the guard leaves to the gate; null: no guard. Only of gates over points.</summary>
    public double? Guard { get; init; }

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
/// <param name="Judgement">On choices for images by gates that did not see them, the guard included.</param>
/// <param name="Curve">Around the price that was found; empty where it was given.</param>
public sealed record TrainedGate(LinearGate Gate, double? Beta, double Penalty, GateJudgement Judgement, IReadOnlyList<PriceJudgement> Curve)
{
    /// <summary>What the points' gains share: none, additive, rank 1 or rank 2; found by cross-validation.</summary>
    public string Shared { get; init; } = SharedGains.None.Name;

    /// <summary>Parts that were held out in turn.</summary>
    public int Parts { get; init; }

    /// <summary>Null: the gate decides about every image.</summary>
    public TrainedGuard? Guard { get; init; }

    /// <summary>The same choices without the guard; null for a gate without one.</summary>
    public GateJudgement? Unguarded { get; init; }

    /// <summary>One for each data set, at the middle one of the prices that the gate is judged at; empty unless there are several.</summary>
    public IReadOnlyList<LeftOutSet> LeftOut { get; init; } = [];
}

/// <summary>Step C: from derived rows to a gate. The same rows (in whatever order and files), options and seed give the same gate.</summary>
public static class GateTraining
{
    /// <summary>Up to so many images of a gate over points each scene is held out alone, which wastes the fewest.</summary>
    public const int LeaveOneOut = 200;

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
        // 1. folds
        var folds = Split(data, options);
        if (options.PenaltyBySets && (!(options.Gain || options.Utility) || !data.HasPoints || data.Sets.Distinct().Count() < 2))
        {
            throw new RecipeException("--penalty-by sets is for the regression of gains on rows by point of several data sets (--loss gain, --mix-datasets).");
        }

        IGateTrainer trainer = options.Gain || options.Utility ? new GainTrainer(data, folds, options.Utility, options.PenaltyBySets) : new BestExitTrainer(data, folds);

        // 2. and 3. regularisation, guard, price
        var (beta, curve, sut) = FindPrice(data, folds, trainer, options, cancellationToken);

        // 4. judgement
        IReadOnlyList<double> prices = beta is { } one ? [one] : options.Prices;
        var judgement = GateJudgement.Of(data, [.. prices.Select(sut.Held.At)], options.Seed, cancellationToken);

        // 5. all images
        var gate = options.Utility ? ((GainTrainer)trainer).FitUtility() : trainer.Fit(beta!.Value);
        return new TrainedGate(gate, beta, trainer.Penalty, judgement, curve)
        {
            Shared = trainer.Shared,
            Parts = folds.Count,
            Guard = sut.Guarding?.ToGuard(prices[prices.Count / 2]),
            Unguarded = sut.Guarding is null ? null : GateJudgement.Of(data, [.. prices.Select(sut.Held.Unguarded)], options.Seed, cancellationToken),
            LeftOut = trainer is GainTrainer gains ? new LeftOutSets(data, gains, options).At(prices[prices.Count / 2], cancellationToken) : [],
        };
    }

    private static Folds Split(GateData data, GateTrainingOptions options)
    {
        var scenes = data.HasPoints ? data.Scenes.Distinct().Count() : data.Images;
        if (data.Images < 2 * options.Folds || scenes < 2 * options.Folds)
        {
            throw new RecipeException(
                $"{(data.Images == scenes ? $"{data.Images} images are" : $"{data.Images} images of {scenes} scenes are")} too few: {options.Folds} parts are held out in turn, which takes {2 * options.Folds} at least.");
        }

        var isRegression = options.Gain || options.Utility;
        return !data.HasPoints ? new Folds(data.Images, options.Folds, options.Seed)
            : Folds.ByScene(data.Scenes, isRegression && data.Images <= LeaveOneOut ? scenes : options.Folds, options.Seed);
    }

    private static (double? Beta, IReadOnlyList<PriceJudgement> Curve, (HeldOutGate Held, GateGuarding? Guarding) Gate) FindPrice(
        GateData data, Folds folds, IGateTrainer trainer, GateTrainingOptions options, CancellationToken cancellationToken)
    {
        if (options.Target is not { } wanted || wanted.Kind == GateTargetKind.Beta)
        {
            trainer.Tune(options.Target?.Value ?? FirstBeta, cancellationToken);
            return (options.Target?.Value, [], Guarded());
        }

        // Twice: regularisation tuned at some price leads to a first answer, tuned at that price to the second.
        var beta = FirstBeta;
        IReadOnlyList<PriceJudgement> curve = [];
        var gate = default((HeldOutGate Held, GateGuarding? Guarding));
        for (var turn = 0; turn < 2; turn++)
        {
            trainer.Tune(beta, cancellationToken);
            gate = Guarded();
            var search = new BetaSearch(price =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                return gate.Held.At(price).Judge(data);
            });
            beta = search.Find(wanted);
            curve = search.Around(beta, CurvePoints);
        }

        return (beta, curve, gate);

        (HeldOutGate Held, GateGuarding? Guarding) Guarded()
        {
            var guarding = options.Guard is { } quantile && data.HasPoints ? new GateGuarding(data, folds, trainer.Penalty, quantile, cancellationToken) : null;
            return (new HeldOutGate(data, trainer, guarding), guarding);
        }
    }
}
