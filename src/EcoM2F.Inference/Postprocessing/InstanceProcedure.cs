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

        IGrouping<int, ScoredQuery>[] queries = [.. pairs.GroupBy(static pair => pair.Query)];
        var result = new List<InstanceSegment>();
        var threads = Math.Min(parameters.Threads, queries.Length);
        if (threads < 2)
        {
            using var masks = MasksOf(predictions, geometry, parameters);
            foreach (var query in queries)
            {
                AddInstances(result, query, masks, parameters, cancellationToken);
            }
        }
        else
        {
            var found = new List<InstanceSegment>[queries.Length];
            Parallel.For(
                0,
                queries.Length,
                new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken },
                () => MasksOf(predictions, geometry, parameters),
                (i, _, masks) =>
                {
                    AddInstances(found[i] = [], queries[i], masks, parameters, cancellationToken);
                    return masks;
                },
                static masks => masks.Dispose());
            result.AddRange(found.SelectMany(static instances => instances));
        }

        result.Sort(static (a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : a.CategoryId.CompareTo(b.CategoryId));
        return result;
    }

    private static IQueryMasks MasksOf(QueryPredictions predictions, ImageGeometry geometry, PostprocessingParameters parameters) => parameters.IsMeta
        ? new ResultSizeMasks(MaskPostprocessor.LogitsAtResultSize(predictions, geometry), parameters.MaskThreshold)
        : new GridMasks(new HuggingFaceGrid(predictions), geometry, parameters.MaskThreshold);

    private static void AddInstances(
        List<InstanceSegment> result, IGrouping<int, ScoredQuery> pairs, IQueryMasks masks, PostprocessingParameters parameters, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var mask = masks.Make(pairs.Key, cancellationToken);
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
