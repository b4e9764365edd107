using System.Numerics.Tensors;

namespace EcoM2F.Inference.Postprocessing;

/// <summary>
/// Semantic segmentation by both procedures: class probabilities times mask probabilities, summed over queries; the highest
/// sum wins. <c>meta</c> sums at the result's size, <c>hf</c> on its grid and resizes the sums. A segment's score is the mean
/// of its class's sum over its pixels, at most 1.
/// </summary>
internal static class SemanticProcedure
{
    public static SemanticSegmentation Run(
        QueryPredictions predictions, ClassScores scores, ImageGeometry geometry, PostprocessingParameters parameters, CancellationToken cancellationToken)
    {
        using var weights = new ClassWeights(scores);
        using var labels = new RunMap(geometry.Height, geometry.Width);
        var sums = new double[scores.Classes];
        var confidence = parameters.Confidence ? new ConfidenceMap(geometry.Height, geometry.Width) : null;
        PixelCompetition.Run<ClassCompetition>(
            () => parameters.IsMeta
                ? new QuerySumCompetition(MaskPostprocessor.LogitsAtResultSize(predictions, geometry), weights) { Confidence = confidence }
                : new ClassMapCompetition(MaskPostprocessor.AtResultSize(new GridClassRows(new HuggingFaceGrid(predictions), weights), geometry), weights.Classes) { Confidence = confidence },
            labels,
            parameters.Threads,
            competition => TensorPrimitives.Add(sums, competition.Sums, sums),
            cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        if (confidence is not null)
        {
            labels.Clear(confidence.Values, [.. Enumerable.Range(0, scores.Classes).Select(label => !parameters.Keeps(label))]);
        }

        return SegmentMaps.ToSemantic(labels, geometry, sums, parameters) with { Confidence = confidence?.Values };
    }
}
