using System.Numerics.Tensors;

namespace EcoM2F.Inference.Postprocessing;

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
internal static class PanopticProcedure
{
    public static PanopticSegmentation Run(
        QueryPredictions predictions, ClassScores scores, ImageGeometry geometry, PostprocessingParameters parameters, CancellationToken cancellationToken)
    {
        var queries = scores.Confident(parameters);
        if (queries.Count == 0)
        {
            return new PanopticSegmentation(geometry.Width, geometry.Height, []) { Confidence = ConfidenceOf(geometry, parameters)?.Values };
        }

        using var owners = new RunMap(geometry.Height, geometry.Width);
        var maskAreas = new int[queries.Count];
        var confidence = ConfidenceOf(geometry, parameters);
        PixelCompetition.Run(
            () => new MaskCompetition(MasksOf(predictions, queries, geometry, parameters), queries, parameters) { Confidence = confidence },
            owners,
            parameters.Threads,
            competition => TensorPrimitives.Add(maskAreas, competition.MaskAreas, maskAreas),
            cancellationToken);
        var areas = new int[2 * queries.Count]; // by code: outside and inside the mask
        owners.CountAreas(areas);
        var idOfCode = new int[areas.Length];
        var segments = BuildSegments(queries, (areas, maskAreas), idOfCode, parameters);
        cancellationToken.ThrowIfCancellationRequested();
        if (confidence is not null)
        {
            owners.Clear(confidence.Values, [.. idOfCode.Select(static id => id == 0)]);
        }

        return SegmentMaps.ToPanoptic(owners, idOfCode, geometry, segments) with { Confidence = confidence?.Values };
    }

    private static TileResampler MasksOf(QueryPredictions predictions, List<ScoredQuery> queries, ImageGeometry geometry, PostprocessingParameters parameters) =>
        parameters.IsMeta
            ? MaskPostprocessor.LogitsAtResultSize(predictions, geometry)
            : MaskPostprocessor.AtResultSize(new GridProbabilityRows(new HuggingFaceGrid(predictions), queries), geometry);

    private static ConfidenceMap? ConfidenceOf(ImageGeometry geometry, PostprocessingParameters parameters) =>
        parameters.Confidence ? new ConfidenceMap(geometry.Height, geometry.Width) : null;

    /// <summary>Drops, merges and numbers segments.</summary>
    /// <param name="areas">Pixels owned by code, and of each query's own mask.</param>
    /// <param name="idOfCode">Becomes the id of each code.</param>
    private static List<(int Label, float Score)> BuildSegments(
        List<ScoredQuery> queries, (int[] Owned, int[] Masks) areas, int[] idOfCode, PostprocessingParameters parameters)
    {
        var segments = new List<(int Label, float Score)>();
        var idOfStuff = new Dictionary<int, int>();
        for (var i = 0; i < queries.Count; i++)
        {
            var (outside, inside) = (areas.Owned[2 * i], areas.Owned[(2 * i) + 1]);
            var label = queries[i].Label;
            if (!IsValid(outside, inside, areas.Masks[i], parameters) || !parameters.Keeps(label))
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
