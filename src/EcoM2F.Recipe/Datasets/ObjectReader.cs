namespace EcoM2F.Recipe.Datasets;

/// <summary>
/// Reads the objects of a COCO file as pycocotools does: a true object of an image or a category that the file does not list is passed over,
/// and so is a predicted one of such a category. True objects without anything that can be drawn, at which pycocotools breaks off,
/// are left out as loaders of training data leave them out.
/// </summary>
internal sealed class ObjectReader(string file, CocoImages images, ClassMap classes)
{
    private readonly Omissions _omissions = new(file);

    /// <summary>What was left out, a line for each reason.</summary>
    public IReadOnlyList<string> Notes => _omissions.Lines;

    /// <summary>All annotations of a ground truth; none may be there twice.</summary>
    /// <param name="withMasks">Whether masks are needed; otherwise boxes are enough.</param>
    /// <exception cref="RecipeException">An entry is wrong, or none can be used.</exception>
    public List<ObjectEntry> ReadTruth(IReadOnlyList<CocoObject?>? annotations, bool withMasks)
    {
        var list = new Entry(file, "").Require(annotations, "annotations");
        var entries = new List<ObjectEntry>(list.Count);
        var ids = new HashSet<string>();
        for (var i = 0; i < list.Count; i++)
        {
            var (listed, place) = ObjectEntry.Check(list[i], new Entry(file, $"annotations[{i}]"));
            if (listed.Id is { } id && !ids.Add(id))
            {
                throw place.Error($"'id' {id} occurs twice");
            }

            var name = listed.Id is null ? $"annotations[{i}]" : $"id {listed.Id}";
            var imageId = place.Require(listed.ImageId, "image_id");
            if (!images.Lists(imageId))
            {
                _omissions.Add("'image_id' is not in 'images'", name);
            }
            else if (ClassOf(listed, place, name) is { } classId)
            {
                var needsMask = withMasks || listed.Bbox is null;
                if (needsMask && listed.Segmentation is { } segmentation && !CocoMask.CanBeDrawn(segmentation))
                {
                    _omissions.Add("'segmentation' has no polygon of three points", name);
                }
                else
                {
                    entries.Add(new ObjectEntry(place, images.Of(imageId, place), classId, listed));
                }
            }
        }

        _omissions.RequireSome(list.Count, entries.Count);
        return entries;
    }

    /// <param name="place">Of the list in the file; empty where the file is the list.</param>
    /// <exception cref="RecipeException">An entry is wrong or of an image that is not listed, or none can be used.</exception>
    public List<ObjectEntry> ReadPredictions(IReadOnlyList<CocoObject?> results, string place)
    {
        var entries = new List<ObjectEntry>(results.Count);
        for (var i = 0; i < results.Count; i++)
        {
            var (listed, entry) = ObjectEntry.Check(results[i], new Entry(file, $"{place}[{i}]"));
            var image = images.Of(listed.ImageId, entry);
            if (ClassOf(listed, entry, $"{place}[{i}]") is { } classId)
            {
                entries.Add(new ObjectEntry(entry, image, classId, listed));
            }
        }

        _omissions.RequireSome(results.Count, entries.Count);
        return entries;
    }

    private int? ClassOf(CocoObject listed, Entry place, string name)
    {
        var id = place.Require(listed.CategoryId, "category_id");
        if (classes.ById.TryGetValue(id, out var index))
        {
            return index;
        }

        _omissions.Add("'category_id' is not in 'categories'", name);
        return null;
    }
}
