using System.Security.Cryptography;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Results;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Datasets;

/// <summary>COCO panoptic: a JSON file with segments, a folder of PNGs with their pixels.</summary>
public sealed class PanopticDataset : Dataset
{
    private readonly PanopticEntry[] _entries;
    private readonly bool[] _isThing;

    private PanopticDataset(CheckedSet set, PanopticEntry[] entries)
        : base(set)
    {
        _entries = entries;
        _isThing = [.. set.Classes.Select(static item => item.Isthing)];
    }

    /// <inheritdoc/>
    public override SegmentationTasks Needs => SegmentationTasks.Panoptic;

    internal static PanopticDataset Open(DatasetParts parts, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        var file = parts.Annotations!;
        var listed = JsonFile.Read(file, "annotations", CocoJson.Default.CocoPanopticFile);
        var classes = ClassMap.Between(listed.Categories, file, parts.Classes, parts.Mapping);
        var images = CocoImages.Read(listed.Images, file);
        var entries = ReadEntries(listed, file, parts.Segments!, classes, images);
        var listedImages = images.ToList();
        var hashes = EntryWork.ForAll(listedImages, image => Check(image, Path.Combine(parts.Images, image.FileName), entries[image.Id]), progress, cancellationToken);
        var set = new CheckedSet(
            parts.Task,
            parts.Classes,
            [.. listedImages.Select((image, i) => image.In(parts.Images, i))],
            ContentHash.Of(parts, classes, listedImages.Select((image, i) => (image.FileName, hashes[i]))));
        return new PanopticDataset(set, [.. listedImages.Select(image => entries[image.Id])]);
    }

    /// <summary>In the model's classes, one segment per stuff class.</summary>
    /// <exception cref="RecipeException">The PNG can no longer be read, or has changed.</exception>
    public PanopticMap Truth(DatasetImage image)
    {
        var map = _entries[image.Index].Load(out _);
        SegmentRules.CheckTruth(map);
        return StuffMerger.Merge(map, Classes);
    }

    /// <inheritdoc/>
    public override Func<SegmentationResult, ImageCounts> Scorer(DatasetImage image)
    {
        var truth = Truth(image);
        return result => PanopticMatcher.Count(truth, PanopticMap.Of(result.Panoptic ?? throw Lacks("panoptic"), $"the prediction for {image.Name}"));
    }

    /// <inheritdoc/>
    public override double ImageQuality(ImageCounts counts) => PanopticScore.Of((PanopticCounts)counts, _isThing).All.Pq;

    /// <inheritdoc/>
    public override ISetMetric Combine(IReadOnlyList<ImageCounts> images) => new PanopticSetMetric([.. images.Cast<PanopticCounts>()], _isThing);

    private static Dictionary<string, PanopticEntry> ReadEntries(CocoPanopticFile listed, string file, string folder, ClassMap classes, CocoImages images)
    {
        var list = new Entry(file, "").Has(listed.Annotations, "annotations");
        var entries = new Dictionary<string, PanopticEntry>();
        for (var i = 0; i < list.Count; i++)
        {
            var entry = PanopticEntry.Read(list[i], new Entry(file, $"annotations[{i}]"), folder, classes, withAreas: true);
            images.Of(entry.ImageId, entry.Entry);
            if (!entries.TryAdd(entry.ImageId, entry))
            {
                throw entry.Entry.Wrong("the image is there twice");
            }
        }

        return images.FirstOrDefault(image => !entries.ContainsKey(image.Id)) is { } without
            ? throw without.Entry.Wrong($"no entry of 'annotations' has 'image_id' {without.Id}")
            : entries;
    }

    private static byte[] Check(ListedImage image, string path, PanopticEntry entry)
    {
        var imageHash = ImageCheck.Read(path, image);
        var map = entry.Load(out var png);
        if (map.Width != image.Width || map.Height != image.Height)
        {
            throw entry.Entry.Wrong($"{entry.Png} has {map.Width} x {map.Height} pixels; its image has {image.Width} x {image.Height}");
        }

        SegmentRules.CheckTruth(map);
        return [.. imageHash, .. SHA256.HashData(png)];
    }
}
