using EcoM2F.Inference.Postprocessing;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Datasets;

/// <summary>A mask from any of COCO's spellings, as pycocotools reads it.</summary>
internal static class CocoMask
{
    /// <summary>Far outside of any image; the walk along an edge must end.</summary>
    private const double MostCoordinate = 200_000;

    /// <param name="entry">Where it stands, for messages.</param>
    /// <exception cref="RecipeException">It is not a mask of this size.</exception>
    public static RunMask Read(CocoSegmentation segmentation, Entry entry, int height, int width)
    {
        try
        {
            return segmentation.Polygons is { } polygons ? Fill(polygons, entry, height, width) : RunMask.Of(ReadRuns(segmentation, entry, height, width));
        }
        catch (FormatException exception)
        {
            throw entry.Error($"'segmentation.counts' is not a run-length encoding: {exception.Message.TrimEnd('.')}");
        }
    }

    private static CocoRle ReadRuns(CocoSegmentation runs, Entry entry, int height, int width)
    {
        var size = entry.Require(runs.Size, "segmentation.size");
        if (size is not [var rows, var columns] || rows != height || columns != width)
        {
            throw entry.Error($"'segmentation.size' is [{string.Join(", ", size)}]; its image has [{height}, {width}] (height, width)");
        }

        return runs.Counts is { } counts
            ? CocoRle.FromCounts(counts, height, width)
            : new CocoRle(height, width, entry.Require(runs.Text, "segmentation.counts"));
    }

    /// <summary>
    /// Whether anything of it can be drawn: run lengths, or a polygon of more than the four numbers of two points. One of five numbers or a
    /// polygon without height can, though it covers no pixel.
    /// </summary>
    public static bool CanBeDrawn(CocoSegmentation segmentation) => segmentation.Polygons?.Any(CanBeDrawn) != false;

    private static bool CanBeDrawn(double[] polygon) => polygon.Length > 4;

    /// <summary>Shorter polygons would cover nothing; an odd last number has no partner and does not count.</summary>
    private static RunMask Fill(double[][] polygons, Entry entry, int height, int width)
    {
        if (polygons.Any(static polygon => polygon.Any(static value => !(Math.Abs(value) <= MostCoordinate))))
        {
            throw entry.Error($"'segmentation' has a coordinate beyond {MostCoordinate}");
        }

        var drawn = polygons.Where(CanBeDrawn).Select(polygon => RunMask.Of(PolygonRaster.Fill(polygon, height, width))).ToList();
        return drawn.Count > 0 ? RunMask.Union(drawn) : throw entry.Error("'segmentation' has no polygon of three points");
    }
}
