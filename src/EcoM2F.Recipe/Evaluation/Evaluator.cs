using EcoM2F.Inference.Pipeline;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Derive;

namespace EcoM2F.Recipe.Evaluation;

/// <summary>
/// Measures a set once at every exit and puts any number of policies side by side on it. What was measured is kept in the report's folder:
/// a run that was ended goes on there, and one with other policies measures nothing twice.
/// </summary>
public sealed class Evaluator : IDisposable
{
    private readonly ExitsEngine _engine;
    private readonly Dataset _set;
    private readonly EvaluationOptions _options;
    private readonly MeasuredParts _parts;
    private readonly MeasuredFile _file;

    /// <param name="folder">Of the report; made if it is not there.</param>
    /// <exception cref="RecipeException">Another run uses the folder, or it cannot be written to.</exception>
    public Evaluator(ExitsEngine engine, Dataset set, EvaluationOptions options, string folder)
    {
        (_engine, _set, _options) = (engine, set, options);
        _parts = new MeasuredParts(
            Gates: engine.Model.Gates is not null,
            Similarities: options.Policies.Any(static policy => policy.Kind == PolicyKind.Saturation),
            Mirror: options.Policies.Any(static policy => policy.Kind == PolicyKind.Mirror));
        _file = MeasuredFile.Open(folder, Run(engine, set), set.Images, _parts);
        Todo = [.. set.Images.Skip(_file.Images.Count)];
    }

    /// <summary>Images that have not been measured yet.</summary>
    public IReadOnlyList<DatasetImage> Todo { get; }

    /// <summary>Decodes every image that is to be measured before hours of work.</summary>
    /// <exception cref="RecipeException">Some cannot be decoded; the message names them.</exception>
    public void CheckImages(IProgress<DatasetProgress>? progress, CancellationToken cancellationToken) => ImageBytes.CheckAll(Todo, progress, cancellationToken);

    /// <param name="advance">Called after each image.</param>
    /// <exception cref="RecipeException">An image cannot be read.</exception>
    public async Task<MeasuredSet> MeasureAsync(Action advance, CancellationToken cancellationToken)
    {
        await new ImageMeasurer(_engine, _set, _parts).MeasureAllAsync(
            Todo,
            image =>
            {
                _file.Append(image);
                advance();
            },
            cancellationToken).ConfigureAwait(false);
        return new MeasuredSet(_engine.Model, _set, _file.Images);
    }

    public async Task<EvaluationResult> CompareAsync(MeasuredSet measured, CancellationToken cancellationToken)
    {
        var evaluator = new PolicyEvaluator(measured, _options.Seed);
        var statics = _engine.Model.Exits.Select(exit => evaluator.Evaluate(new Policy(PolicyKind.Static, Number: exit), cancellationToken)).ToList();
        var policies = _options.Policies.Select(policy => statics.Find(known => known.Policy == policy) ?? evaluator.Evaluate(policy, cancellationToken)).ToList();
        return new EvaluationResult(
            measured,
            _options.Seed,
            policies,
            statics,
            evaluator.Compare(policies, statics, cancellationToken),
            Calibration.Of(measured),
            await new DepthExamples(_engine, measured).DrawAsync(_options.Examples, cancellationToken).ConfigureAwait(false));
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Model, gates, data set and device: what must agree for measurements to stand in one report.</summary>
    private static string Run(ExitsEngine engine, Dataset set)
    {
        var gates = engine.Model.Gates?.Profiles.OrderBy(static profile => profile.Key, StringComparer.Ordinal)
            .Select(profile => $"{profile.Key}:{engine.Model.Sha256[profile.Value.File][..12]}") ?? [];
        return string.Join(' ', [ModelIdentity.Of(engine.Model), set.Hash, engine.ExecutionProvider, .. gates]);
    }
}

/// <param name="Seed">Of bootstrap draws and random policies.</param>
/// <param name="Examples">Images that the report shows; 0 for none.</param>
public sealed record EvaluationOptions(IReadOnlyList<Policy> Policies, ulong Seed, int Examples);
