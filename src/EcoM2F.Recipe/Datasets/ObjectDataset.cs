using EcoM2F.Inference.Models;
using EcoM2F.Inference.Results;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Datasets;

/// <summary>COCO instances (masks) or detections (boxes): one JSON file. Images without objects belong to the set.</summary>
internal sealed class ObjectDataset : Dataset
{
    private readonly ILookup<string, ObjectEntry> _objects;

    private ObjectDataset(CheckedSet set, ILookup<string, ObjectEntry> objects)
        : base(set) => _objects = objects;

    /// <summary>What AP is computed on.</summary>
    public OverlapKind Kind => Task == DatasetParts.Instance ? OverlapKind.Mask : OverlapKind.Box;

    /// <summary>Boxes come with masks, but for a detector.</summary>
    internal override SegmentationTasks Needs => SegmentationTasks.Instance;

    /// <inheritdoc/>
    internal override SegmentationTasks NeedsOf(ModelManifest model) =>
        Kind == OverlapKind.Box && TaskNames.Of(model).HasFlag(SegmentationTasks.Detection) ? SegmentationTasks.Detection : Needs;

    internal static ObjectDataset Open(DatasetParts parts, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        var file = parts.Annotations!;
        var listed = InputFile.ReadJson(file, "annotations", CocoJson.Default.CocoObjectFile);
        var used = (listed.Annotations ?? []).Select(static item => item?.CategoryId).OfType<int>().ToHashSet();
        var classes = ClassMap.Between(new ListedCategories(file, listed.Categories, used), parts.Classes, parts.Mapping);
        classes.RequireThings(file, used);
        var images = CocoImages.Read(listed.Images, file);
        var withMasks = parts.Task == DatasetParts.Instance;
        var reader = new ObjectReader(file, images, classes);
        var objects = reader.ReadTruth(listed.Annotations, withMasks).ToLookup(static entry => entry.Image.Id);
        var listedImages = images.ToList();
        var hashes = EntryWork.ForAll(listedImages, image => Check(image, Path.Combine(parts.Images, image.FileName), objects[image.Id], withMasks), progress, cancellationToken);
        var set = new CheckedSet(
            parts.Task,
            parts.Classes,
            [.. listedImages.Select((image, i) => image.In(parts.Images, i))],
            ContentHash.Of(parts, classes, listedImages.Select((image, i) => (image.FileName, hashes[i]))),
            reader.Notes);
        return new ObjectDataset(set, objects);
    }

    /// <summary>In the model's classes; what the mapping makes void is left out.</summary>
    public IReadOnlyList<TruthObject> Truth(DatasetImage image) =>
        [.. _objects[image.Id].Where(static entry => entry.ClassId != ClassMap.Void).Select(entry => entry.ToTruth(Kind == OverlapKind.Mask))];

    /// <inheritdoc/>
    internal override Func<SegmentationResult, ImageCounts> Scorer(DatasetImage image)
    {
        var truth = Truth(image);
        return result => Match(image, truth, result);
    }

    /// <inheritdoc/>
    internal override double ImageQuality(ImageCounts counts) => PrecisionSetMetric.OfImage((ImageMatches)counts);

    /// <inheritdoc/>
    internal override ISetMetric Combine(IReadOnlyList<ImageCounts> images) => new PrecisionSetMetric([.. images.Cast<ImageMatches>()], Classes.Count);

    private ImageMatches Match(DatasetImage image, IReadOnlyList<TruthObject> truth, SegmentationResult result)
    {
        var detections = (result.Detections?.Select(Detection.Of) ?? result.Instances?.Select(Detection.Of)) ?? throw Lacks(Task);
        return result.Width == image.Width && result.Height == image.Height
            ? DetectionMatcher.Match(truth, [.. detections], Kind)
            : throw new RecipeException($"The prediction for {image.Name} has {result.Width} x {result.Height} pixels; the image has {image.Width} x {image.Height}.");
    }

    private static byte[] Check(ListedImage image, string path, IEnumerable<ObjectEntry> objects, bool withMasks)
    {
        foreach (var item in objects)
        {
            item.ToTruth(withMasks);
        }

        return ImageCheck.Read(path, image);
    }
}
