using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Postprocessing;

/// <summary>How predictions become segments. Thresholds are from 0 to 1.</summary>
public sealed record PostprocessingParameters
{
    /// <summary>
    /// For masks <see cref="PostprocessingSettings.Meta"/> or <see cref="PostprocessingSettings.HuggingFace"/>, for boxes
    /// <see cref="PostprocessingSettings.Detr"/> or <see cref="PostprocessingSettings.DeformableDetr"/>.
    /// </summary>
    public required string Procedure { get; init; }

    /// <summary>Panoptic: a query counts where its best class is above it. Detection: a box does.</summary>
    public required float ScoreThreshold { get; init; }

    /// <summary>From which probability on a pixel belongs to a mask.</summary>
    public required float MaskThreshold { get; init; }

    /// <summary>Panoptic: the share of its mask that a query must own.</summary>
    public required float OverlapThreshold { get; init; }

    /// <summary>Instances with a lower score are left out; 0 keeps all, as average precision wants them.</summary>
    /// <value>0.5.</value>
    public float InstanceScoreThreshold { get; init; } = 0.5f;

    /// <summary>By label: thresholds that take the place of <see cref="ScoreThreshold"/> (panoptic) and <see cref="InstanceScoreThreshold"/>; null: none has its own.</summary>
    public IReadOnlyDictionary<int, float>? ClassThresholds { get; init; }

    /// <summary>
    /// How many pairs of query and class compete as instances, by class score; <c>hf</c> takes one per query instead. With
    /// <c>deformable_detr</c>, as boxes.
    /// </summary>
    /// <value>100, as the original does.</value>
    public int InstanceLimit { get; init; } = 100;

    public required SegmentationTasks Tasks { get; init; }

    /// <summary>By label index.</summary>
    public required IReadOnlyList<ModelClass> Classes { get; init; }

    /// <summary>Labels that stay in the result; null keeps all. Applied after the procedure, so it changes no other segment.</summary>
    public IReadOnlySet<int>? KeptClasses { get; init; }

    /// <summary>Pixels: parts of a mask with fewer are left out, and segments without a part that is left. 0 keeps all.</summary>
    public int MinArea { get; init; }

    /// <summary>Pixels: holes of up to so many are filled, in maps only where nothing else is; after <see cref="MinArea"/>. 0 fills none.</summary>
    public int FillHoles { get; init; }

    /// <summary>The size of masks; pixels of <see cref="MinArea"/>, <see cref="FillHoles"/> and <see cref="PolygonTolerance"/> are of that size.</summary>
    /// <value><see cref="MaskSize.Original"/>.</value>
    public MaskSize MaskSize { get; init; }

    /// <summary>Whether maps say for each pixel what its winner reached: see <see cref="PanopticSegmentation.Confidence"/>. Takes time, because every pixel is computed then.</summary>
    public bool Confidence { get; init; }

    /// <summary>Pixels by which polygons may miss the edges of their masks: see <see cref="MaskPolygons.Of"/>. Null: masks are written as run lengths.</summary>
    public double? PolygonTolerance { get; init; }

    /// <summary>Threads that share the work, the caller's included. Masks do not depend on it, nor scores but for rounding in the last place of a semantic segment's.</summary>
    internal int Threads { get; init; } = 1;

    /// <summary>A model's own defaults.</summary>
    public static PostprocessingParameters For(ModelManifest model, SegmentationTasks tasks) => new()
    {
        Procedure = model.Postprocessing.Procedure,
        ScoreThreshold = model.Postprocessing.ScoreThreshold,
        MaskThreshold = model.Postprocessing.MaskThreshold.GetValueOrDefault(), // none where boxes are made
        OverlapThreshold = model.Postprocessing.OverlapThreshold.GetValueOrDefault(),
        ClassThresholds = ByLabel(model),
        Tasks = tasks,
        Classes = model.Classes,
    };

    /// <summary>From which class score on a query counts in a panoptic map.</summary>
    internal float ScoreThresholdOf(int label) => ClassThresholds?.TryGetValue(label, out var own) == true ? own : ScoreThreshold;

    /// <summary>Least score of an instance.</summary>
    internal float InstanceThresholdOf(int label) => ClassThresholds?.TryGetValue(label, out var own) == true ? own : InstanceScoreThreshold;

    internal bool IsMeta => Procedure == PostprocessingSettings.Meta;

    internal bool Keeps(int label) => KeptClasses is null || KeptClasses.Contains(label);

    /// <summary>One name may stand for several labels.</summary>
    private static Dictionary<int, float>? ByLabel(ModelManifest model) => model.Postprocessing.ClassThresholds is { } thresholds
        ? model.Classes.Where(known => thresholds.ContainsKey(known.Name)).ToDictionary(static known => known.Id, known => thresholds[known.Name])
        : null;
}
