using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Inference.Results;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Adapters;

/// <summary>Measures on photographs how far exits agree with the deepest one, without adapters and with them.</summary>
/// <param name="adapters">Of the exits that may get one.</param>
internal sealed class AdapterJudge(ExitsEngine engine, IReadOnlyList<ExitAdapter> adapters)
{
    /// <summary>From so many photographs on a lower agreement counts as one; of fewer it must be lower beyond chance.</summary>
    private const int TellingPhotos = 8;

    private readonly Agreement _agreement = Agreement.Of(engine.Model);
    private readonly List<ImageCounts[]> _before = []; // by photograph and exit
    private readonly List<ImageCounts[]> _after = [];  // by photograph and adapter

    public string Metric => _agreement.Metric;

    /// <summary>Of the photograph that was judged last.</summary>
    public (InputSize Input, IReadOnlyList<int> LevelTokens) Example { get; private set; }

    /// <param name="advance">Called after each photograph.</param>
    public Task RunAsync(IReadOnlyList<string> photos, Action advance, CancellationToken cancellationToken) => EncodedPhotos.ForEachAsync(
        engine,
        photos,
        async (photo, encoded) =>
        {
            using var raw = await engine.DecodeAsync(photo.Prepared, encoded, cancellationToken).ConfigureAwait(false);
            using var adapted = await engine.DecodeAsync(photo.Prepared, encoded, adapters, cancellationToken).ConfigureAwait(false);
            var results = Results(raw, cancellationToken);
            var score = _agreement.Scorer(results[^1]);
            _before.Add([.. results.SkipLast(1).Select(score)]);
            _after.Add([.. Results(adapted, cancellationToken).Select(score)]);
            Example = (raw.Points[0].Input, encoded.LevelTokens);
            advance();
        },
        cancellationToken);

    /// <summary>
    /// An exit gets its adapter where that brings tokens nearer, unless results agree less. Of few photographs agreement says little, so there
    /// the interval must say so too.
    /// </summary>
    public FittedExit Judge(PenaltyChoice choice)
    {
        var before = Of(_before, engine.Model.Exits.TakeWhile(exit => exit != choice.Exit).Count());
        var place = adapters.TakeWhile(adapter => adapter.Exit != choice.Exit).Count();
        var after = place < adapters.Count ? Of(_after, place) : before;
        var gain = Bootstrap.Difference(after, before);
        var agreesLess = gain.Difference < 0 && (before.Images >= TellingPhotos || gain.High < 0);
        return new FittedExit(
            choice.Exit, choice.Penalty, choice.Before, choice.After, before.Quality([]), after.Quality([]), gain, choice.IsNearer && !agreesLess);
    }

    private SegmentationResult[] Results(ExitsRun run, CancellationToken cancellationToken)
    {
        var results = new SegmentationResult[run.Points.Count];
        Parallel.For(0, results.Length, new ParallelOptions { CancellationToken = cancellationToken }, i => results[i] = engine.ToResult(run, i, _agreement.Needs, cancellationToken));
        return results;
    }

    private ISetMetric Of(List<ImageCounts[]> photos, int exit) => _agreement.Combine([.. photos.Select(counts => counts[exit])]);
}
