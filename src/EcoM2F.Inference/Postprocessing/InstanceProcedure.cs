namespace EcoM2F.Inference.Postprocessing;

/// <summary>
/// Instance segmentation by both procedures: the best pairs of query and class; a mask is where the probability is above the
/// mask threshold (0.5 in both originals); the score is the class score times the mean probability inside the mask.
/// </summary>
/// <remarks>
/// <c>meta</c> takes the 100 best pairs, then things only, and works at the result's size. <c>hf</c> takes as many pairs as
/// there are queries, of all classes, works on its grid, leaves out empty masks and enlarges the masks by nearest neighbour; it
/// paints them into one map, one over the other, where this gives each its whole mask.
/// </remarks>
internal static class InstanceProcedure
{
    public static IReadOnlyList<InstanceSegment> Run(
        QueryPredictions predictions, ClassScores scores, ImageGeometry geometry, PostprocessingParameters parameters, CancellationToken cancellationToken)
    {
        // A mean probability is at most 1, so a class score below the threshold cannot make it.
        var least = parameters.ClassThresholds is { Count: > 0 } own ? Math.Min(parameters.InstanceScoreThreshold, own.Values.Min()) : parameters.InstanceScoreThreshold;
        var pairs = scores.Best(parameters.IsMeta ? parameters.InstanceLimit : scores.Queries, least);
        pairs.RemoveAll(pair => !parameters.Keeps(pair.Label)
            || pair.Score < parameters.InstanceThresholdOf(pair.Label)
            || (parameters.IsMeta && !parameters.Classes[pair.Label].Isthing));
        if (pairs.Count == 0)
        {
            return [];
        }

        using IQueryMasks masks = parameters.IsMeta
            ? new ResultSizeMasks(MaskPostprocessor.LogitsAtResultSize(predictions, geometry), parameters.MaskThreshold)
            : new GridMasks(new HuggingFaceGrid(predictions), geometry, parameters.MaskThreshold);
        var result = new List<InstanceSegment>();
        foreach (var group in pairs.GroupBy(static pair => pair.Query))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var mask = masks.Make(group.Key, cancellationToken);
            AddInstances(result, group, mask, parameters);
        }

        result.Sort(static (a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : a.CategoryId.CompareTo(b.CategoryId));
        return result;
    }

    private static void AddInstances(List<InstanceSegment> result, IEnumerable<ScoredQuery> pairs, QueryMask mask, PostprocessingParameters parameters)
    {
        if (mask.Runs.Area == 0 && (!parameters.IsMeta || parameters.InstanceScoreThreshold > 0))
        {
            return;
        }

        CocoRle? rle = null;
        foreach (var pair in pairs)
        {
            var score = pair.Score * (float)mask.MeanProbability;
            if (score >= parameters.InstanceThresholdOf(pair.Label))
            {
                rle ??= mask.Runs.ToRle();
                result.Add(new InstanceSegment(pair.Label, score, mask.Runs.Area, mask.Runs.Box, rle));
            }
        }
    }
}
