using System.Security.Cryptography;
using System.Text;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Derive;

namespace EcoM2F.Recipe.Evaluation;

/// <summary>
/// Measures a set once at every point and puts any number of policies side by side on it. What was measured is kept in the report's folder:
/// a run that was ended goes on there, and one with other policies measures nothing twice (<c>mirror</c>, whose images are run
/// in two ways, needs a folder of its own).
/// </summary>
public sealed class Evaluator : IDisposable
{
    /// <summary>Changes whenever lines of before can no longer be read, or hold other numbers.</summary>
    private const string Format = "1";

    /// <summary>The same of a model with several sizes or decoder exits.</summary>
    private const string PointsFormat = "2";

    private readonly ExitsEngine _engine;
    private readonly Dataset _set;
    private readonly EvaluationOptions _options;
    private readonly MeasuredParts _parts;
    private readonly MeasuredFile _file;
    private readonly OtherEvaluation? _other;

    /// <param name="folder">Of the report; made if it is not there.</param>
    /// <exception cref="RecipeException">
    /// Another run uses the folder, it cannot be written to, or it holds measurements of another model, gate or data set; or the evaluation to
    /// compare with is not there, unfinished, or of another data set.
    /// </exception>
    public Evaluator(ExitsEngine engine, Dataset set, EvaluationOptions options, string folder)
    {
        (_engine, _set, _options) = (engine, set, options);
        _parts = new MeasuredParts(
            Gates: engine.Model.Gates is not null,
            Similarities: true, // cheap, so that any policy may be asked for later
            Mirror: options.Policies.Any(static policy => policy.Kind == PolicyKind.Mirror));
        var run = Run(engine, set);
        _other = options.Against is { } other ? OtherEvaluation.Open(other, run, set) : null;
        _file = MeasuredFile.Open(folder, run, set.Images, engine.Model.Points, _parts, engine.Model.OwnSize);
    }

    /// <summary>Images that have not been measured yet.</summary>
    public IReadOnlyList<DatasetImage> Todo => [.. _set.Images.Skip(_file.Images.Count)];

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
        var statics = PolicyParser.Statics(_engine.Model).Select(policy => evaluator.Evaluate(policy, cancellationToken)).ToList();
        var policies = _options.Policies.SelectMany(Twins).Distinct().Select(policy => statics.Find(known => known.Policy == policy) ?? evaluator.Evaluate(policy, cancellationToken)).ToList();
        var examples = new DepthExamples(_engine, measured);
        return new EvaluationResult(
            measured,
            _options.Seed,
            policies,
            statics,
            evaluator.Full(statics),
            [.. evaluator.Compare(policies, statics, cancellationToken), .. _other?.Compare(statics, _engine.Model, _options.Seed, cancellationToken) ?? []],
            Calibration.Of(measured),
            await examples.DrawDepthsAsync(_options.Examples, cancellationToken).ConfigureAwait(false),
            await examples.DrawSizesAsync(_options.Examples, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>A gate with a guard has itself without it at its side.</summary>
    private IEnumerable<Policy> Twins(Policy policy)
    {
        var gates = _engine.Model.Gates?.Profiles.Where(gate => policy.Kind == PolicyKind.Gate ? gate.Key == policy.Profile : policy.Kind == PolicyKind.Utility && gate.Value.Kind == GateProfile.Utility) ?? [];
        return gates.Any(static gate => gate.Value.Guard is not null) ? [policy, policy with { Unguarded = true }] : [policy];
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Model, classes, gates, data set and device: what must agree for measurements to stand in one report. Milliseconds are those of the machine that measured.</summary>
    private static string Run(ExitsEngine engine, Dataset set)
    {
        var gates = engine.Model.Gates?.Profiles.OrderBy(static profile => profile.Key, StringComparer.Ordinal)
            .Select(profile => $"{profile.Key}:{engine.Model.Sha256[profile.Value.File][..12]}") ?? [];
        var classes = string.Concat(engine.Model.Classes.Select(static item => $"{item.Id} {item.Name} {item.Isthing}\n"));
        var truth = set.Reference is null ? set.Hash : $"{set.Hash}-{set.Reference}";
        return string.Join(
            ' ',
            [engine.Model.HasPoints ? PointsFormat : Format, ModelIdentity.Of(engine.Model), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(classes)))[..12], truth, engine.ExecutionProvider, .. engine.Precision == GraphPrecisions.Fp32 ? (string[])[] : [engine.Precision], .. gates]);
    }
}

/// <param name="Seed">Seed of the bootstrap and of random policies.</param>
/// <param name="Examples">Images that the report shows; 0 for none.</param>
/// <param name="Against">Folder of an evaluation of another model on the same set, to compare every exit with; null for none.</param>
public sealed record EvaluationOptions(IReadOnlyList<Policy> Policies, ulong Seed, int Examples, string? Against = null)
{
    /// <exception cref="RecipeException">The evaluation to compare with is this one.</exception>
    public static void RequireOtherFolder(string? against, string output)
    {
        if (against is not null && Path.TrimEndingDirectorySeparator(against) == Path.TrimEndingDirectorySeparator(output))
        {
            throw new RecipeException("--against is the folder of --output: give that of another evaluation.");
        }
    }
}
