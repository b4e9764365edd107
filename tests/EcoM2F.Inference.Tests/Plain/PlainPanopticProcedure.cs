using System.Buffers;
using System.Numerics.Tensors;
using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Inference.Tests.Plain;

/// <summary>
/// Panoptic segmentation by both procedures (reference: <c>maskformer_model.py</c> of facebookresearch/Mask2Former;
/// <c>post_process_panoptic_segmentation</c> of transformers).
/// </summary>
/// <remarks>
/// Every pixel goes to the query with the highest score times mask probability; a query whose share of its own mask is too
/// small is dropped. <c>meta</c> keeps, of the pixels owned, those inside the mask; <c>hf</c> keeps all, and its mask is where
/// score times probability reaches the threshold. Conversions of <c>hf</c>: void is 0, where it fills an empty map with -1;
/// stuff of one class is one segment (its <c>label_ids_to_fuse</c> set to all stuff, as COCO's format asks), listed once with the score of the
/// first; ids never repeat, where the original's counter can go back after a fuse.
/// </remarks>
internal static class PlainPanopticProcedure
{
    /// <summary>Rows per band: enough for few input rows to be stretched twice, few enough for the working rows to stay in cache.</summary>
    private const int BandRows = 64;

    private const float Infinite = float.PositiveInfinity;

    public static PanopticSegmentation Run(
        QueryPredictions predictions, PlainClassScores scores, ImageGeometry geometry, PostprocessingParameters parameters, CancellationToken cancellationToken)
    {
        var queries = scores.Confident(parameters.ScoreThreshold);
        var owner = new int[geometry.Height * geometry.Width];
        if (queries.Count == 0)
        {
            return new PanopticSegmentation(geometry.Width, geometry.Height, owner, []);
        }

        var maskAreas = new int[queries.Count];
        AssignPixels(predictions, queries, geometry, parameters, owner, maskAreas, cancellationToken);
        var segments = BuildSegments(queries, owner, maskAreas, parameters);
        cancellationToken.ThrowIfCancellationRequested();
        return PlainSegmentMaps.ToPanoptic(owner, geometry, segments);
    }

    /// <summary>Finds each pixel's query.</summary>
    /// <param name="owner">[Height, Width]: becomes 2 * index of the query, + 1 inside its mask.</param>
    /// <param name="maskAreas">By query: pixels of its own mask, owned or not.</param>
    private static void AssignPixels(
        QueryPredictions predictions,
        List<PlainScoredQuery> queries,
        ImageGeometry geometry,
        PostprocessingParameters parameters,
        int[] owner,
        int[] maskAreas,
        CancellationToken cancellationToken)
    {
        using var grid = parameters.IsMeta ? null : new PlainHuggingFaceGrid(predictions);
        using var masks = grid is null
            ? PlainMaskPostprocessor.LogitsAtOriginalSize(predictions, geometry, BandRows)
            : PlainMaskPostprocessor.AtOriginalSize(new PlainGridProbabilityRows(grid), geometry, BandRows);
        var width = masks.Width;
        var best = ArrayPool<float>.Shared.Rent(masks.BandRows * width);
        var row = ArrayPool<float>.Shared.Rent(width);
        try
        {
            for (var top = 0; top < masks.Height; top += masks.BandRows)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var bottom = Math.Min(top + masks.BandRows, masks.Height);
                best.AsSpan().Fill(-1);
                for (var i = 0; i < queries.Count; i++)
                {
                    var score = queries[i].Score;
                    var threshold = grid is null ? parameters.MaskThreshold : score > 0 ? parameters.MaskThreshold / score : Infinite;
                    masks.Load(queries[i].Query, top, bottom);
                    for (var y = top; y < bottom; y++)
                    {
                        var probabilities = row.AsSpan(0, width);
                        masks.Row(y, probabilities);
                        if (grid is null)
                        {
                            TensorPrimitives.Sigmoid(probabilities, probabilities);
                        }

                        maskAreas[i] += PlainRowKernels.AssignPixels(
                            probabilities, score, threshold, 2 * i, best.AsSpan((y - top) * width, width), owner.AsSpan(y * width, width));
                    }
                }
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(best);
            ArrayPool<float>.Shared.Return(row);
        }
    }

    /// <summary>Drops, merges and numbers segments, and turns the owners into their ids.</summary>
    private static List<(int Label, float Score)> BuildSegments(List<PlainScoredQuery> queries, int[] owner, int[] maskAreas, PostprocessingParameters parameters)
    {
        var areas = new int[2 * queries.Count]; // by code: outside and inside the mask
        foreach (var code in owner)
        {
            areas[code]++;
        }

        var segments = new List<(int Label, float Score)>();
        var idOfStuff = new Dictionary<int, int>();
        var idOfCode = new int[areas.Length];
        for (var i = 0; i < queries.Count; i++)
        {
            var (outside, inside) = (areas[2 * i], areas[(2 * i) + 1]);
            var label = queries[i].Label;
            if (!IsValid(outside, inside, maskAreas[i], parameters) || !parameters.Keeps(label))
            {
                continue;
            }

            var isStuff = !parameters.Classes[label].Isthing;
            if (!isStuff || !idOfStuff.TryGetValue(label, out var id))
            {
                segments.Add((label, queries[i].Score));
                id = segments.Count;
                if (isStuff)
                {
                    idOfStuff.Add(label, id);
                }
            }

            idOfCode[(2 * i) + 1] = id;
            idOfCode[2 * i] = parameters.IsMeta ? 0 : id;
        }

        for (var i = 0; i < owner.Length; i++)
        {
            owner[i] = idOfCode[owner[i]];
        }

        return segments;
    }

    private static bool IsValid(int outside, int inside, int maskArea, PostprocessingParameters parameters)
    {
        var owned = outside + inside;
        if (owned == 0 || maskArea == 0)
        {
            return false;
        }

        var share = (float)owned / maskArea;
        return parameters.IsMeta
            ? inside > 0 && share >= parameters.OverlapThreshold
            : share > parameters.OverlapThreshold;
    }
}
