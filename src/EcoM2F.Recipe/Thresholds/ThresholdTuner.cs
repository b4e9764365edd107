using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Derive;
using EcoM2F.Recipe.Evaluation;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Thresholds;

/// <summary>
/// Finds score thresholds of classes at the model's deepest exit and own size: 1. what every image gives at each value of a grid; 2. each half of the
/// images, and all of them, choose; 3. what every image gives with the thresholds that the other half chose.
/// Instances need no further run for this: how detections matched is known from the evaluation.
/// </summary>
public sealed class ThresholdTuner
{
    private const int LeastImages = 2;

    private readonly ExitsEngine _engine;
    private readonly Dataset _set;
    private readonly IReadOnlyList<ImageCounts> _measured; // at the full point
    private readonly PostprocessingParameters _parameters;
    private readonly IReadOnlyList<float> _grid;
    private readonly bool _isPanoptic;

    /// <param name="measured">The set's evaluation.</param>
    /// <exception cref="RecipeException">As <see cref="Require"/>.</exception>
    public ThresholdTuner(ExitsEngine engine, MeasuredSet measured)
    {
        Require(measured.Set);
        (_engine, _set, _isPanoptic) = (engine, measured.Set, measured.Set.Task == DatasetParts.Panoptic);
        var full = engine.Model.Points.ToList().IndexOf(engine.Model.FullPoint);
        _measured = [.. measured.Images.Select(image => image.Counts[full])];
        _parameters = PostprocessingParameters.For(engine.Model, _set.NeedsOf(engine.Model));
        _grid = ThresholdChoice.Grid(Own);
    }

    /// <summary>How often <see cref="TuneAsync"/> advances.</summary>
    public int Steps => _isPanoptic ? 2 * _set.Images.Count : 0;

    private float Own => _isPanoptic ? _parameters.ScoreThreshold : _parameters.InstanceScoreThreshold;

    /// <exception cref="RecipeException">The set is of another task than panoptic and instance, has no labels, or fewer than two images.</exception>
    public static void Require(Dataset set)
    {
        if (set.Reference is not null || set.Task is not (DatasetParts.Panoptic or DatasetParts.Instance))
        {
            throw new RecipeException($"--tune-thresholds needs a set with labels of the task panoptic or instance; this one is of {set.Metric}.");
        }

        if (set.Images.Count < LeastImages)
        {
            throw new RecipeException($"--tune-thresholds needs at least {LeastImages} images, half of them to judge by; this set has {set.Images.Count}.");
        }
    }

    /// <param name="seed">Of the bootstrap.</param>
    /// <param name="advance">Called after each image, <see cref="Steps"/> times.</param>
    /// <exception cref="RecipeException">An image can no longer be read.</exception>
    public async Task<ThresholdTuning> TuneAsync(ulong seed, Action advance, CancellationToken cancellationToken)
    {
        // 1. every value of the grid
        var counts = new List<PanopticCounts[]>(_set.Images.Count);
        await ForAllAsync((image, token) => CountAsync(image, [.. _grid.Select(value => _parameters with { ScoreThreshold = value, ClassThresholds = null })], token), CountsOfGrid, counts, advance, cancellationToken).ConfigureAwait(false);

        // 2. halves, and all
        var isFirst = ThresholdChoice.FirstHalf([.. _set.Images.Select(static image => image.Name)]);
        var choice = new ThresholdChoice(_grid, Own, counts);
        var kept = Undecided(counts);
        var (first, second, all) = (Choose(image => isFirst[image]), Choose(image => !isFirst[image]), Choose(static _ => true));

        // 3. images that did not choose
        var held = new List<PanopticCounts[]>(_set.Images.Count);
        await ForAllAsync((image, token) => CountAsync(image, [_parameters with { ClassThresholds = Other(image.Index) }], token), image => [ObjectsAt(image, Other(image))], held, advance, cancellationToken).ConfigureAwait(false);
        return Result([.. held.Select(static image => image[0])], (first, second, all), seed, cancellationToken);

        Dictionary<int, float> Choose(Func<int, bool> takesPart) => Nameable(choice.Choose(takesPart)).Concat(kept).ToDictionary();

        Dictionary<int, float> Other(int image) => isFirst[image] ? second : first;
    }

    /// <summary>The thresholds that the model has for classes of which there are too few objects to choose by.</summary>
    private Dictionary<int, float> Undecided(List<PanopticCounts[]> counts)
    {
        var objects = PanopticCounts.Sum(counts.Select(static image => image[0])).Classes.ToDictionary(static item => item.ClassId, static item => item.TruePositives + item.FalseNegatives);
        return (_parameters.ClassThresholds ?? new Dictionary<int, float>()).Where(entry => objects.GetValueOrDefault(entry.Key) < ThresholdChoice.LeastObjects).ToDictionary();
    }

    private ThresholdTuning Result(List<PanopticCounts> held, (Dictionary<int, float> First, Dictionary<int, float> Second, Dictionary<int, float> All) chosen, ulong seed, CancellationToken cancellationToken)
    {
        bool[] isThing = [.. _set.Classes.Select(static item => item.Isthing)];
        List<PanopticCounts> now = [.. _measured.Select((counts, image) => _isPanoptic ? (PanopticCounts)counts : ObjectsAt(image, _parameters.ClassThresholds))];
        var (before, after) = (new PanopticSetMetric(now, isThing), new PanopticSetMetric(held, isThing));
        var (qualities, tuned) = (before.Score().Classes, after.Score().Classes);
        return new ThresholdTuning
        {
            Metric = _isPanoptic ? _set.Metric : "F1 at IoU 0.5",
            Images = _set.Images.Count,
            Own = Own,
            LeastObjects = ThresholdChoice.LeastObjects,
            Classes =
            [
                .. _set.Classes.Where(item => qualities[item.Id].Occurs || tuned[item.Id].Occurs).Select(item => new ClassThreshold(
                    item.Id,
                    item.Name,
                    qualities[item.Id].TruePositives + qualities[item.Id].FalseNegatives,
                    Of(chosen.All, item.Id),
                    Of(chosen.First, item.Id),
                    Of(chosen.Second, item.Id),
                    qualities[item.Id].Pq,
                    tuned[item.Id].Pq)),
            ],
            QualityNow = before.Quality([]),
            QualityTuned = after.Quality([]),
            Difference = Bootstrap.Difference(after, before, seed, cancellationToken),
        };

        static float? Of(Dictionary<int, float> thresholds, int id) => thresholds.TryGetValue(id, out var threshold) ? threshold : null;
    }

    /// <summary>Thresholds are written by name: of classes that share one, none is chosen.</summary>
    private Dictionary<int, float> Nameable(Dictionary<int, float> chosen) =>
        chosen.Where(entry => _set.Classes.Count(item => item.Name == _set.Classes[entry.Key].Name) == 1).ToDictionary();

    /// <param name="work">What an image of a panoptic set gives.</param>
    /// <param name="known">What one of an instance set gives, by its index, without a run.</param>
    private async Task ForAllAsync(
        Func<DatasetImage, CancellationToken, Task<PanopticCounts[]>> work, Func<int, PanopticCounts[]> known, List<PanopticCounts[]> target, Action advance, CancellationToken cancellationToken)
    {
        if (!_isPanoptic)
        {
            target.AddRange(Enumerable.Range(0, _set.Images.Count).Select(known));
            return;
        }

        await OrderedWork.RunAsync(
            _set.Images,
            work,
            counts =>
            {
                target.Add(counts);
                advance();
            },
            cancellationToken).ConfigureAwait(false);
    }

    private async Task<PanopticCounts[]> CountAsync(DatasetImage image, IReadOnlyList<PostprocessingParameters> parameters, CancellationToken cancellationToken)
    {
        try
        {
            using var prepared = _engine.Prepare(ImageBytes.Read(image), mirrored: false, cancellationToken);
            using var run = await _engine.RunFullAsync(prepared, cancellationToken).ConfigureAwait(false);
            var score = _set.Scorer(image);
            return [.. parameters.Select(asked => (PanopticCounts)score(_engine.ToResult(run, 0, asked, cancellationToken)))];
        }
        catch (SegmentationException exception)
        {
            throw ImageBytes.Unreadable(image, exception);
        }
    }

    private PanopticCounts[] CountsOfGrid(int image) => [.. _grid.Select(value => ObjectCounts.At((ImageMatches)_measured[image], _ => value))];

    private PanopticCounts ObjectsAt(int image, IReadOnlyDictionary<int, float>? thresholds) =>
        ObjectCounts.At((ImageMatches)_measured[image], label => thresholds?.TryGetValue(label, out var own) == true ? own : Own);
}
