using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Postprocessing;

/// <summary>
/// Makes segments at the size of the result of what the decoder gave for one image. Stateless and thread-safe; one call uses as many
/// threads as <see cref="PostprocessingParameters.Threads"/> says. Working memory is a few rows per query and thread, whatever the
/// result's size, and rented; results follow the outlines of what was found.
/// </summary>
/// <remarks>
/// <c>meta</c>: logits to the input's size, then to the result's size (both bilinear, composed here into one resize), then probabilities. <c>hf</c>: logits to 384 x 384, probabilities, then to the result's size.
/// </remarks>
internal static class MaskPostprocessor
{
    /// <exception cref="ArgumentException">Sizes, classes or the procedure do not fit together.</exception>
    /// <exception cref="OperationCanceledException">Cancelled between two bands of rows.</exception>
    public static PostprocessingResult Run(
        QueryPredictions predictions, ImageGeometry geometry, PostprocessingParameters parameters, CancellationToken cancellationToken)
    {
        Validate(predictions, geometry, parameters);
        cancellationToken.ThrowIfCancellationRequested();
        using var scores = ClassScores.From(predictions);
        var tasks = parameters.Tasks;
        return new PostprocessingResult(
            tasks.HasFlag(SegmentationTasks.Panoptic) ? PanopticProcedure.Run(predictions, scores, geometry, parameters, cancellationToken) : null,
            tasks.HasFlag(SegmentationTasks.Instance) ? InstanceProcedure.Run(predictions, scores, geometry, parameters, cancellationToken) : null,
            tasks.HasFlag(SegmentationTasks.Semantic) ? SemanticProcedure.Run(predictions, scores, geometry, parameters, cancellationToken) : null);
    }

    /// <summary>Logits of queries at the result's size, by the way of <c>meta</c>.</summary>
    internal static TileResampler LogitsAtResultSize(QueryPredictions predictions, ImageGeometry geometry) => new(
        new LogitRows(predictions),
        ResampleTaps.Bilinear(predictions.MaskHeight, geometry.Input.Height, geometry.Height),
        ResampleTaps.Bilinear(predictions.MaskWidth, geometry.Input.Width, geometry.Width));

    /// <summary>Planes of Hugging Face's grid at the result's size.</summary>
    internal static TileResampler AtResultSize(PlaneRows grid, ImageGeometry geometry) => new(
        grid,
        ResampleTaps.Bilinear(HuggingFaceGrid.Size, geometry.Height),
        ResampleTaps.Bilinear(HuggingFaceGrid.Size, geometry.Width));

    private static void Validate(QueryPredictions predictions, ImageGeometry geometry, PostprocessingParameters parameters)
    {
        if (predictions.ClassLogits.Length < predictions.Queries * (predictions.Classes + 1)
            || predictions.MaskLogits.Length < predictions.Queries * predictions.MaskHeight * predictions.MaskWidth)
        {
            throw new ArgumentException("The predictions hold fewer values than their sizes ask for.", nameof(predictions));
        }

        if (Math.Min(geometry.Input.Height, geometry.Input.Width) < 1 || Math.Min(geometry.Height, geometry.Width) < 1)
        {
            throw new ArgumentException("The image and the model's input must be at least one pixel high and wide.", nameof(geometry));
        }

        if (parameters.Classes.Count != predictions.Classes)
        {
            throw new ArgumentException($"The model has {predictions.Classes} classes, the parameters {parameters.Classes.Count}.", nameof(parameters));
        }

        if (parameters.Procedure is not (PostprocessingSettings.Meta or PostprocessingSettings.HuggingFace))
        {
            throw new ArgumentException($"The procedure is {parameters.Procedure}; meta and hf are known.", nameof(parameters));
        }
    }
}
