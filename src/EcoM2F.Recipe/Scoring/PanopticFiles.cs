using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Scoring;

/// <summary>Panoptic predictions in COCO's files against true ones; the numbers of panopticapi.</summary>
public static class PanopticFiles
{
    /// <param name="prediction">Must have every image of the truth; further ones are left out.</param>
    /// <exception cref="RecipeException">A file is wrong; the message names it, the entry and the field.</exception>
    public static PanopticFileScore Score(
        ScoredFile truth, ScoredFile prediction, IProgress<DatasetProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var listed = InputFile.ReadJson(truth.Path, "ground truth", CocoJson.Default.CocoPanopticFile);
        var classes = ClassMap.OfItself(listed.Categories, truth.Path);
        var entries = ReadEntries(listed, truth, classes, withAreas: true).Values.OrderBy(static entry => entry.ImageId, ImageIdConverter.Order).ToList();
        var predictions = ReadEntries(InputFile.ReadJson(prediction.Path, "predictions", CocoJson.Default.CocoPanopticFile), prediction, classes, withAreas: false);
        if (entries.Where(entry => !predictions.ContainsKey(entry.ImageId)).Select(static entry => entry.ImageId).ToList() is { Count: > 0 } missing)
        {
            throw new RecipeException($"{prediction.Path}: no prediction for {missing.Count} of {entries.Count} images: {string.Join(", ", missing.Take(10))}{(missing.Count > 10 ? ", ..." : "")}.");
        }

        var counts = EntryWork.ForAll(
            entries,
            entry => PanopticMatcher.Count(entry.Load(out _), predictions[entry.ImageId].Load(out _)),
            progress,
            cancellationToken);
        bool[] isThing = [.. classes.Classes.Select(static item => item.Isthing)];
        var images = entries.Select((entry, i) => new PanopticImageScore(entry.ImageId, PanopticScore.Of(counts[i], isThing))).ToList();
        return new PanopticFileScore(classes.Classes, PanopticScore.Of(PanopticCounts.Sum(counts), isThing), images);
    }

    private static Dictionary<string, PanopticEntry> ReadEntries(CocoPanopticFile file, ScoredFile place, ClassMap classes, bool withAreas)
    {
        var folder = place.Folder ?? Path.ChangeExtension(place.Path, null);
        if (!Directory.Exists(folder))
        {
            throw new RecipeException($"There is no folder {folder}, where the PNGs of {place.Path} should be.");
        }

        var list = new Entry(place.Path, "").Require(file.Annotations, "annotations");
        var entries = new Dictionary<string, PanopticEntry>();
        for (var i = 0; i < list.Count; i++)
        {
            var entry = PanopticEntry.Read(list[i], new Entry(place.Path, $"annotations[{i}]"), folder, classes, withAreas);
            if (!entries.TryAdd(entry.ImageId, entry))
            {
                throw entry.Entry.Error("the image occurs twice");
            }
        }

        return entries.Count > 0 ? entries : throw new RecipeException($"{place.Path}: 'annotations' is empty.");
    }
}

/// <param name="Path">JSON.</param>
/// <param name="Folder">PNGs, where they are not in the folder that is named as the JSON without its ending.</param>
public sealed record ScoredFile(string Path, string? Folder = null);

/// <param name="Classes">By class index; <c>Id</c> is the category's.</param>
/// <param name="Images">Ascending by id.</param>
public sealed record PanopticFileScore(IReadOnlyList<ModelClass> Classes, PanopticScore Score, IReadOnlyList<PanopticImageScore> Images);

/// <param name="Id">The image's, as the file has it.</param>
public sealed record PanopticImageScore(string Id, PanopticScore Score);
