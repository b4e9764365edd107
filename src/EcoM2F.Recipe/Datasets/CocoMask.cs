using EcoM2F.Inference.Postprocessing;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Datasets;

/// <summary>A mask from any of COCO's spellings, as pycocotools reads it.</summary>
internal static class CocoMask
{
    /// <summary>Far outside of any image; the walk along an edge must end.</summary>
    private const double MostCoordinate = 200_000;

    /// <param name="entry">Where it stands, for messages.</param>
    /// <exception cref="RecipeException">It is no mask of this size.</exception>
    public static RunMask Read(CocoSegmentation segmentation, Entry entry, int height, int width)
    {
        try
        {
            return segmentation.Polygons is { } polygons ? Fill(polygons, entry, height, width) : RunMask.Of(ReadRuns(segmentation, entry, height, width));
        }
        catch (FormatException exception)
        {
            throw entry.Wrong($"'segmentation.counts' is no run-length encoding: {exception.Message.TrimEnd('.')}");
        }
    }

    private static CocoRle ReadRuns(CocoSegmentation runs, Entry entry, int height, int width)
    {
        var size = entry.Has(runs.Size, "segmentation.size");
        if (size is not [var rows, var columns] || rows != height || columns != width)
        {
            throw entry.Wrong($"'segmentation.size' is [{string.Join(", ", size)}]; its image has [{height}, {width}] (height, width)");
        }

        return runs.Counts is { } counts
            ? CocoRle.FromCounts(counts, height, width)
            : new CocoRle(height, width, entry.Has(runs.Text, "segmentation.counts"));
    }

    private static RunMask Fill(double[][] polygons, Entry entry, int height, int width)
    {
        foreach (var polygon in polygons)
        {
            if (polygon.Length < 6 || polygon.Length % 2 != 0)
            {
                throw entry.Wrong($"'segmentation' has a polygon of {polygon.Length} numbers; allowed are x and y of three points or more");
            }

            if (polygon.Any(static value => !(Math.Abs(value) <= MostCoordinate)))
            {
                throw entry.Wrong($"'segmentation' has a coordinate beyond {MostCoordinate}");
            }
        }

        return polygons.Length == 0
            ? throw entry.Wrong("'segmentation' is an empty list; a polygon was expected")
            : RunMask.Union([.. polygons.Select(polygon => RunMask.Of(PolygonRaster.Fill(polygon, height, width)))]);
    }
}
