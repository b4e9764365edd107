using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Datasets;

/// <summary>One object of a COCO instance file, or one prediction, before its mask is decoded.</summary>
/// <param name="Entry">Where it is listed, for messages.</param>
/// <param name="ClassId">Class index, or <see cref="ClassMap.Void"/>.</param>
internal sealed record ObjectEntry(Entry Entry, ListedImage Image, int ClassId, CocoObject Listed)
{
    /// <summary>All annotations of a ground truth; none may be there twice.</summary>
    public static List<ObjectEntry> ReadAll(IReadOnlyList<CocoObject?>? annotations, string file, CocoImages images, ClassMap classes)
    {
        var list = new Entry(file, "").Has(annotations, "annotations");
        var entries = new List<ObjectEntry>(list.Count);
        var ids = new HashSet<string>();
        for (var i = 0; i < list.Count; i++)
        {
            var entry = Read(list[i], new Entry(file, $"annotations[{i}]"), images, classes);
            entries.Add(entry.Listed.Id is not { } id || ids.Add(id) ? entry : throw entry.Entry.Wrong($"'id' {id} is there twice"));
        }

        return entries;
    }

    public static ObjectEntry Read(CocoObject? listed, Entry entry, CocoImages images, ClassMap classes)
    {
        var item = entry.Has(listed, "image_id");
        var named = item.Id is null ? entry : entry with { Place = $"{entry.Place} (id {item.Id})" };
        if (item.Bbox is { } box && (box.Length != 4 || box[2] < 0 || box[3] < 0 || !box.All(double.IsFinite)))
        {
            throw named.Wrong($"'bbox' is [{string.Join(", ", box)}]; allowed are left, top, and a width and height of 0 or more");
        }

        if (item.Area is { } area && !(area >= 0 && double.IsFinite(area)))
        {
            throw named.Wrong($"'area' is {area}; allowed are 0 and more");
        }

        return new ObjectEntry(named, images.Of(item.ImageId, named), classes.Of(item.CategoryId, named), item);
    }

    /// <param name="withMask">Whether masks are scored; a box may come from a mask all the same.</param>
    public TruthObject ToTruth(bool withMask)
    {
        var mask = ReadMask(withMask);
        if (mask is { Area: 0 })
        {
            throw Entry.Wrong("'segmentation' covers no pixel of its image");
        }

        var box = ReadBox(mask);
        return new TruthObject(ClassId, box, Listed.Area ?? mask?.Area ?? box.Area, Listed.Iscrowd ?? false, mask);
    }

    /// <summary>As pycocotools loads results: where an entry has a box, its area is the box's, also for masks.</summary>
    public Detection ToDetection(bool withMask)
    {
        var score = Entry.Has(Listed.Score, "score");
        if (!double.IsFinite(score))
        {
            throw Entry.Wrong($"'score' is {score}; allowed are finite numbers");
        }

        var mask = ReadMask(withMask);
        var box = ReadBox(mask);
        return new Detection(ClassId, score, box, Listed.Bbox is null ? mask!.Area : box.Area, mask);
    }

    private RunMask? ReadMask(bool withMask)
    {
        if (!withMask && Listed.Bbox is not null)
        {
            return null;
        }

        return Listed.Segmentation is { } segmentation
            ? CocoMask.Read(segmentation, Entry, Image.Height, Image.Width)
            : throw Entry.Wrong(withMask ? "'segmentation' is missing" : "'bbox' is missing, and there is no 'segmentation' to take it from");
    }

    private Box ReadBox(RunMask? mask) => Listed.Bbox is [var x, var y, var width, var height] ? new Box(x, y, width, height) : mask!.Box;
}
