using EcoM2F.Inference.Pipeline;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Derive;

namespace EcoM2F.Recipe.Evaluation;

/// <summary>Measures a set once at every exit and puts any number of policies side by side on it.</summary>
public sealed class Evaluator(ExitsEngine engine, Dataset set, EvaluationOptions options)
{
    /// <summary>Images of the set.</summary>
    public int Images => set.Images.Count;

    /// <summary>Decodes every image before hours of work.</summary>
    /// <exception cref="RecipeException">Some cannot be decoded; the message names them.</exception>
    public void CheckImages(IProgress<DatasetProgress>? progress, CancellationToken cancellationToken) => ImageBytes.CheckAll(set.Images, progress, cancellationToken);

    /// <param name="advance">Called after each image.</param>
    /// <exception cref="RecipeException">An image cannot be read.</exception>
    public async Task<MeasuredSet> MeasureAsync(Action advance, CancellationToken cancellationToken)
    {
        var parts = new MeasuredParts(
            Gates: engine.Model.Gates is not null,
            Similarities: options.Policies.Any(static policy => policy.Kind == PolicyKind.Saturation),
            Mirror: options.Policies.Any(static policy => policy.Kind == PolicyKind.Mirror));
        var measured = new List<MeasuredImage>(set.Images.Count);
        await OrderedWork.RunAsync(
            set.Images,
            new ImageMeasurer(engine, set, parts).MeasureAsync,
            image =>
            {
                measured.Add(image);
                advance();
            },
            cancellationToken).ConfigureAwait(false);
        return new MeasuredSet(engine.Model, set, measured);
    }

    public async Task<EvaluationResult> CompareAsync(MeasuredSet measured, CancellationToken cancellationToken)
    {
        var evaluator = new PolicyEvaluator(measured, options.Seed);
        var statics = engine.Model.Exits.Select(exit => evaluator.Evaluate(new Policy(PolicyKind.Static, Number: exit), cancellationToken)).ToList();
        var policies = options.Policies.Select(policy => statics.Find(known => known.Policy == policy) ?? evaluator.Evaluate(policy, cancellationToken)).ToList();
        return new EvaluationResult(
            measured,
            options.Seed,
            policies,
            statics,
            evaluator.Compare(policies, statics, cancellationToken),
            Calibration.Of(measured),
            await new DepthExamples(engine, measured).DrawAsync(options.Examples, cancellationToken).ConfigureAwait(false));
    }
}

/// <param name="Seed">Of bootstrap draws and random policies.</param>
/// <param name="Examples">Images that the report shows; 0 for none.</param>
public sealed record EvaluationOptions(IReadOnlyList<Policy> Policies, ulong Seed, int Examples);
