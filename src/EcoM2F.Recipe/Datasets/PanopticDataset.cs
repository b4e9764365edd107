using System.Security.Cryptography;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Results;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Datasets;

/// <summary>COCO panoptic: a JSON file with segments, a folder of PNGs with their pixels.</summary>
internal sealed class PanopticDataset : Dataset
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
    internal override SegmentationTasks Needs => SegmentationTasks.Panoptic;

    internal static PanopticDataset Open(DatasetParts parts, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        var file = parts.Annotations!;
        var listed = InputFile.ReadJson(file, "annotations", CocoJson.Default.CocoPanopticFile);
        var used = (listed.Annotations ?? []).SelectMany(static item => item?.SegmentsInfo ?? []).Select(static segment => segment?.CategoryId).OfType<int>().ToHashSet();
        var classes = ClassMap.Between(new ListedCategories(file, listed.Categories, used), parts.Classes, parts.Mapping);
        var images = CocoImages.Read(listed.Images, file);
        var (entries, notes) = ReadEntries(listed, parts, classes, images);
        var listedImages = images.ToList();
        var hashes = EntryWork.ForAll(listedImages, image => Check(image, Path.Combine(parts.Images, image.FileName), entries[image.Id]), progress, cancellationToken);
        var set = new CheckedSet(
            parts.Task,
            parts.Classes,
            [.. listedImages.Select((image, i) => image.In(parts.Images, i))],
            ContentHash.Of(parts, classes, listedImages.Select((image, i) => (image.FileName, hashes[i]))),
            notes);
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
    internal override Func<SegmentationResult, ImageCounts> Scorer(DatasetImage image)
    {
        var truth = Truth(image);
        return result => PanopticMatcher.Count(truth, PanopticMap.Of(result.Panoptic ?? throw Lacks("panoptic"), $"the prediction for {image.Name}"));
    }

    /// <inheritdoc/>
    internal override double ImageQuality(ImageCounts counts) => PanopticScore.Of((PanopticCounts)counts, _isThing).All.Pq;

    /// <inheritdoc/>
    internal override ISetMetric Combine(IReadOnlyList<ImageCounts> images) => new PanopticSetMetric([.. images.Cast<PanopticCounts>()], _isThing);

    private static (Dictionary<string, PanopticEntry> Entries, IReadOnlyList<string> Notes) ReadEntries(
        CocoPanopticFile listed, DatasetParts parts, ClassMap classes, CocoImages images)
    {
        var file = parts.Annotations!;
        var omissions = new Omissions(file);
        var list = new Entry(file, "").Require(listed.Annotations, "annotations");
        var entries = new Dictionary<string, PanopticEntry>();
        for (var i = 0; i < list.Count; i++)
        {
            var entry = PanopticEntry.Read(list[i], new Entry(file, $"annotations[{i}]"), parts.Segments!, classes, withAreas: true);
            if (!images.Lists(entry.ImageId))
            {
                omissions.Add("'image_id' is not in 'images'", entry.ImageId);
            }
            else if (!entries.TryAdd(entry.ImageId, entry))
            {
                throw entry.Entry.Error("the image occurs twice");
            }
        }

        return images.FirstOrDefault(image => !entries.ContainsKey(image.Id)) is { } without
            ? throw without.Entry.Error($"no entry of 'annotations' has 'image_id' {without.Id}")
            : (entries, omissions.Lines);
    }

    private static byte[] Check(ListedImage image, string path, PanopticEntry entry)
    {
        var imageHash = ImageCheck.Read(path, image);
        var map = entry.Load(out var png);
        if (map.Width != image.Width || map.Height != image.Height)
        {
            throw entry.Entry.Error($"{entry.Png} has {map.Width} x {map.Height} pixels; its image has {image.Width} x {image.Height}");
        }

        SegmentRules.CheckTruth(map);
        return [.. imageHash, .. SHA256.HashData(png)];
    }
}
