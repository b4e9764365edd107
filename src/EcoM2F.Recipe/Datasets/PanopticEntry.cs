using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Datasets;

/// <summary>One image of a COCO panoptic file: its segments, and the PNG with their pixels.</summary>
/// <param name="Entry">Where it is listed, for messages.</param>
/// <param name="Png">Path of the PNG.</param>
/// <param name="Segments">Classes are indexes, or <see cref="ClassMap.Void"/>.</param>
internal sealed record PanopticEntry(Entry Entry, string ImageId, string Png, IReadOnlyList<PanopticSegment> Segments)
{
    private const int MostId = (1 << 24) - 1;

    /// <summary>Segments as a file lists them, areas included where they matter.</summary>
    public static PanopticEntry Read(CocoPanopticEntry? listed, Entry entry, string folder, ClassMap classes, bool withAreas)
    {
        var item = entry.Require(listed, "image_id");
        var id = entry.Require(item.ImageId, "image_id");
        var named = entry with { Place = $"{entry.Place} (image {id})" };
        var segments = new List<PanopticSegment>();
        var listedSegments = named.Require(item.SegmentsInfo, "segments_info");
        for (var i = 0; i < listedSegments.Count; i++)
        {
            var place = named with { Place = $"{named.Place}: segments_info[{i}]" };
            var segment = place.Require(listedSegments[i], "id");
            var segmentId = place.Require(segment.Id, "id");
            if (segmentId is < 1 or > MostId)
            {
                throw place.Error($"'id' is {segmentId}; allowed are 1 to {MostId}, and 0 is void");
            }

            var area = withAreas ? place.Require(segment.Area, "area") : 0;
            segments.Add(new PanopticSegment(segmentId, classes.Of(segment.CategoryId, place), area, segment.Iscrowd ?? false));
        }

        return new PanopticEntry(named, id, Path.Combine(folder, named.FileName(item.FileName, "file_name")), segments);
    }

    /// <summary>With its pixels; segments are not checked against them yet.</summary>
    /// <param name="bytes">The PNG.</param>
    public PanopticMap Load(out byte[] bytes)
    {
        var png = LabelPng.Read(Png, out bytes);
        return png.IsColour
            ? new PanopticMap($"{Entry}: {Png}", png.Width, png.Height, png.Values, Segments)
            : throw Entry.Error($"{Png} has one channel; segment ids are R + 256 G + 65536 B");
    }
}
