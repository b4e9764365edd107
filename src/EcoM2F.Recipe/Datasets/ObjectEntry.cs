using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Datasets;

/// <summary>One object of a COCO instance file, or one prediction, before its mask is decoded.</summary>
/// <param name="Entry">Where it is listed, for messages.</param>
/// <param name="ClassId">Class index, or <see cref="ClassMap.Void"/>.</param>
internal sealed record ObjectEntry(Entry Entry, ListedImage Image, int ClassId, CocoObject Listed)
{
    /// <summary>What can be told from the entry alone. An empty <c>bbox</c> is none, as pycocotools has it.</summary>
    /// <returns>The entry, and where it stands with its id.</returns>
    /// <exception cref="RecipeException">A field is wrong.</exception>
    public static (CocoObject Listed, Entry Place) Check(CocoObject? listed, Entry entry)
    {
        var item = entry.Require(listed, "image_id");
        item = item.Bbox is [] ? item with { Bbox = null } : item;
        var named = item.Id is null ? entry : entry with { Place = $"{entry.Place} (id {item.Id})" };
        if (item.Bbox is { } box && (box.Length != 4 || box[2] < 0 || box[3] < 0 || !box.All(double.IsFinite)))
        {
            throw named.Error($"'bbox' is [{string.Join(", ", box)}]; allowed are left, top, and a width and height of 0 or more");
        }

        return item.Area is { } area && !(area >= 0 && double.IsFinite(area))
            ? throw named.Error($"'area' is {area}; allowed are 0 and more")
            : (item, named);
    }

    /// <param name="withMask">Whether masks are scored; a box may come from a mask all the same.</param>
    /// <remarks>A mask without pixels is an object that nothing matches, as in pycocotools.</remarks>
    public TruthObject ToTruth(bool withMask)
    {
        var mask = ReadMask(withMask);
        var box = ReadBox(mask);
        return new TruthObject(ClassId, box, Listed.Area ?? mask?.Area ?? box.Area, Listed.Iscrowd ?? false, mask);
    }

    /// <summary>As pycocotools loads results: where an entry has a box, its area is the box's, also for masks.</summary>
    public Detection ToDetection(bool withMask)
    {
        var score = Entry.Require(Listed.Score, "score");
        if (!double.IsFinite(score))
        {
            throw Entry.Error($"'score' is {score}; allowed are finite numbers");
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
            : throw Entry.Error(withMask ? "'segmentation' is missing" : "'bbox' is missing, and there is no 'segmentation' to take it from");
    }

    private Box ReadBox(RunMask? mask) => Listed.Bbox is [var x, var y, var width, var height] ? new Box(x, y, width, height) : mask!.Box;
}
