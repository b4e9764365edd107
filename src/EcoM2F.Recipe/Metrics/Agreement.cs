using EcoM2F.Inference.Models;
using EcoM2F.Inference.Results;

namespace EcoM2F.Recipe.Metrics;

/// <summary>
/// How far a result agrees with a reference result of the same image, with that as ground truth: PQ of panoptic results, AP of boxes and
/// instances, mIoU of semantic ones. It needs no labels, and is no quality: a reference that is wrong is agreed with all the same. Thread-safe.
/// </summary>
internal sealed class Agreement
{
    /// <summary>As requests have it, see <see cref="Inference.Postprocessing.PostprocessingParameters.InstanceScoreThreshold"/>.</summary>
    private const float DefaultInstanceScore = 0.5f;

    private const string ReferenceName = "the reference";

    private const string ResultName = "the result";

    /// <summary>Boxes and instances of the reference count as objects from the score that a request gets them from by default.</summary>
    private readonly float _objectScore;

    private readonly IReadOnlyList<ModelClass> _classes;
    private readonly bool[] _isThing;

    private Agreement(ModelManifest model, SegmentationTasks task)
    {
        (Needs, _classes) = (task, model.Classes);
        _isThing = [.. model.Classes.Select(static item => item.Isthing)];
        _objectScore = task == SegmentationTasks.Detection ? model.Postprocessing.ScoreThreshold : DefaultInstanceScore;
    }

    /// <summary>The one task whose results are compared; what results must hold.</summary>
    public SegmentationTasks Needs { get; }

    /// <summary>PQ, mask AP, box AP or mIoU; say "agreement" beside it.</summary>
    public string Metric => Needs switch
    {
        SegmentationTasks.Panoptic => "PQ",
        SegmentationTasks.Instance => "mask AP",
        SegmentationTasks.Detection => "box AP",
        _ => "mIoU",
    };

    /// <summary>Of what a model does where no task is named.</summary>
    /// <exception cref="RecipeException">The model only labels pixels, with more classes than label maps hold.</exception>
    public static Agreement Of(ModelManifest model)
    {
        var task = TaskNames.DefaultOf(model);
        return task == SegmentationTasks.Semantic && model.Classes.Count > LabelMap.Ignore
            ? throw new RecipeException($"Model '{model.Name}' has {model.Classes.Count} classes; semantic results are compared with at most {LabelMap.Ignore}.")
            : new Agreement(model, task);
    }

    /// <param name="reference">
    /// As the result that is compared with it: boxes and instances of every score, as AP needs them; those that a request would not get by
    /// default are no objects to be found.
    /// </param>
    /// <returns>What one image contributes to the agreement of a set.</returns>
    /// <exception cref="RecipeException">The results are of different size.</exception>
    public ImageCounts Measure(SegmentationResult reference, SegmentationResult result) => Scorer(reference)(result);

    /// <summary>Prepares a reference once, to compare several results with it. See <see cref="Measure"/>.</summary>
    public Func<SegmentationResult, ImageCounts> Scorer(SegmentationResult reference)
    {
        switch (Needs)
        {
            case SegmentationTasks.Panoptic:
                var segments = PanopticMap.Of(Held(reference.Panoptic), ReferenceName);
                return result => PanopticMatcher.Count(segments, PanopticMap.Of(Held(result.Panoptic), ResultName));
            case SegmentationTasks.Semantic:
                var labels = LabelMap.Of(Held(reference.Semantic), ReferenceName);
                return result => SemanticCounts.Count(labels, LabelMap.Of(Held(result.Semantic), ResultName), _classes.Count);
            default:
                var kind = Needs == SegmentationTasks.Instance ? OverlapKind.Mask : OverlapKind.Box;
                TruthObject[] objects = [.. Objects(reference).Where(found => found.Score >= _objectScore).Select(static found => new TruthObject(found.ClassId, found.Box, found.Area, IsCrowd: false, found.Mask))];
                return result => (reference.Width, reference.Height) == (result.Width, result.Height)
                    ? DetectionMatcher.Match(objects, [.. Objects(result)], kind)
                    : throw new RecipeException($"{ResultName} has {result.Width} x {result.Height} pixels; {ReferenceName} has {reference.Width} x {reference.Height}.");
        }
    }

    /// <summary>PQ, AP or mIoU of one image, a fraction; NaN where the reference holds nothing to agree with.</summary>
    /// <param name="counts">From <see cref="Measure"/>.</param>
    public double OfImage(ImageCounts counts) => counts switch
    {
        PanopticCounts panoptic => PanopticScore.Of(panoptic, _isThing).All.Pq,
        SemanticCounts semantic => SemanticScore.Of(semantic, _classes.Count).Miou,
        _ => PrecisionSetMetric.OfImage((ImageMatches)counts),
    };

    /// <summary>PQ, AP or mIoU of the set.</summary>
    /// <param name="images">From <see cref="Measure"/>, one for each image and in their order.</param>
    public ISetMetric Combine(IReadOnlyList<ImageCounts> images) => Needs switch
    {
        SegmentationTasks.Panoptic => new PanopticSetMetric([.. images.Cast<PanopticCounts>()], _isThing),
        SegmentationTasks.Semantic => new SemanticSetMetric([.. images.Cast<SemanticCounts>()], _classes.Count),
        _ => new PrecisionSetMetric([.. images.Cast<ImageMatches>()], _classes.Count),
    };

    private static IEnumerable<Detection> Objects(SegmentationResult result) =>
        result.Detections?.Select(Detection.Of) ?? Held(result.Instances).Select(Detection.Of);

    private static T Held<T>(T? part)
        where T : class => part ?? throw new ArgumentException("The result lacks what is to be compared.");
}
