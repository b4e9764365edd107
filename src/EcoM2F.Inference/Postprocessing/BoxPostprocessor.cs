using System.Numerics.Tensors;
using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Postprocessing;

/// <summary>
/// Makes boxes in pixels of the original image of what a detector's decoder gave, as Hugging Face's
/// <c>post_process_object_detection</c> does; boxes are then cut to the image. Stateless and thread-safe.
/// </summary>
/// <remarks>
/// <c>detr</c>: softmax, and for each query its best class other than "no object". <c>deformable_detr</c>: sigmoid, and the 100
/// best pairs of query and class, so that a query may give several boxes.
/// </remarks>
internal static class BoxPostprocessor
{
    /// <returns>Above the score threshold, by score, highest first.</returns>
    /// <exception cref="ArgumentException">Sizes, classes or the procedure do not fit together.</exception>
    public static IReadOnlyList<DetectedObject> Run(BoxPredictions predictions, ImageGeometry geometry, PostprocessingParameters parameters)
    {
        Validate(predictions, parameters);
        var pairs = parameters.Procedure == PostprocessingSettings.Detr ? BestOfQueries(predictions) : BestPairs(predictions, parameters.InstanceLimit);
        return
        [
            .. pairs
                .Where(pair => pair.Score > parameters.ScoreThreshold && parameters.Keeps(pair.Label))
                .OrderByDescending(static pair => pair.Score)
                .ThenBy(static pair => pair.Query)
                .Select(pair => new DetectedObject(pair.Label, pair.Score, Box(predictions.Boxes.Span.Slice(pair.Query * 4, 4), geometry))),
        ];
    }

    private static List<ScoredQuery> BestOfQueries(BoxPredictions predictions)
    {
        using var scores = ClassScores.Softmax(predictions.ClassLogits.Span, predictions.Queries, predictions.Columns - 1);
        var best = new List<ScoredQuery>(predictions.Queries);
        for (var query = 0; query < predictions.Queries; query++)
        {
            var row = scores.Row(query)[..scores.Classes];
            var label = TensorPrimitives.IndexOfMax<float>(row);
            best.Add(new ScoredQuery(query, label, row[label]));
        }

        return best;
    }

    private static List<ScoredQuery> BestPairs(BoxPredictions predictions, int count)
    {
        var scores = new float[predictions.Queries * predictions.Columns];
        TensorPrimitives.Sigmoid(predictions.ClassLogits.Span[..scores.Length], scores);
        var pairs = new List<ScoredQuery>(scores.Length);
        for (var i = 0; i < scores.Length; i++)
        {
            pairs.Add(new ScoredQuery(i / predictions.Columns, i % predictions.Columns, scores[i]));
        }

        pairs.Sort(ScoredQuery.HighestFirst);
        return pairs[..Math.Min(count, pairs.Count)];
    }

    private static ObjectBox Box(ReadOnlySpan<float> box, ImageGeometry geometry)
    {
        var (left, right) = Range(box[0], box[2], geometry.Width);
        var (top, bottom) = Range(box[1], box[3], geometry.Height);
        return new ObjectBox(left, top, right - left, bottom - top);
    }

    private static (double Low, double High) Range(double centre, double size, int pixels) =>
        (Math.Clamp((centre - (size / 2)) * pixels, 0, pixels), Math.Clamp((centre + (size / 2)) * pixels, 0, pixels));

    private static void Validate(BoxPredictions predictions, PostprocessingParameters parameters)
    {
        var noObject = parameters.Procedure switch
        {
            PostprocessingSettings.Detr => 1,
            PostprocessingSettings.DeformableDetr => 0,
            _ => throw new ArgumentException($"The procedure is {parameters.Procedure}; detr and deformable_detr are known.", nameof(parameters)),
        };
        if (parameters.Classes.Count + noObject != predictions.Columns)
        {
            throw new ArgumentException($"The model gives {predictions.Columns} numbers for {parameters.Classes.Count} classes.", nameof(parameters));
        }

        if (predictions.ClassLogits.Length < predictions.Queries * predictions.Columns || predictions.Boxes.Length < predictions.Queries * 4)
        {
            throw new ArgumentException("The predictions hold fewer values than their sizes ask for.", nameof(predictions));
        }
    }
}
