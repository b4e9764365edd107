using EcoM2F.Inference.Models;
using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Inference.Tests.Plain;

/// <summary>
/// Makes segments at the original size of what the decoder gave for one image. Stateless and thread-safe; one call uses one
/// thread. Working memory is a few rows per query, whatever the image's size; the results hold 4 bytes per pixel and map.
/// </summary>
/// <remarks>
/// <c>meta</c>: logits to the input's size, then to the original size (both bilinear, composed here into one resize), then probabilities. <c>hf</c>: logits to 384 x 384, probabilities, then to the original size.
/// </remarks>
internal static class PlainMaskPostprocessor
{
    /// <exception cref="ArgumentException">Sizes, classes or the procedure do not fit together.</exception>
    /// <exception cref="OperationCanceledException">Cancelled between two bands of rows.</exception>
    public static PostprocessingResult Run(
        QueryPredictions predictions, ImageGeometry geometry, PostprocessingParameters parameters, CancellationToken cancellationToken)
    {
        Validate(predictions, geometry, parameters);
        cancellationToken.ThrowIfCancellationRequested();
        var scores = PlainClassScores.From(predictions);
        var tasks = parameters.Tasks;
        return new PostprocessingResult(
            tasks.HasFlag(SegmentationTasks.Panoptic) ? PlainPanopticProcedure.Run(predictions, scores, geometry, parameters, cancellationToken) : null,
            tasks.HasFlag(SegmentationTasks.Instance) ? PlainInstanceProcedure.Run(predictions, scores, geometry, parameters, cancellationToken) : null,
            tasks.HasFlag(SegmentationTasks.Semantic) ? PlainSemanticProcedure.Run(predictions, scores, geometry, parameters, cancellationToken) : null);
    }

    /// <summary>Logits of a query at the original size, by the way of <c>meta</c>.</summary>
    internal static PlainBandResampler LogitsAtOriginalSize(QueryPredictions predictions, ImageGeometry geometry, int bandRows)
    {
        var vertical = PlainResampleTaps.Bilinear(predictions.MaskHeight, geometry.Input.Height)
            .Then(PlainResampleTaps.Bilinear(geometry.Input.Height, geometry.Height));
        var horizontal = PlainResampleTaps.Bilinear(predictions.MaskWidth, geometry.Input.Width)
            .Then(PlainResampleTaps.Bilinear(geometry.Input.Width, geometry.Width));
        return new PlainBandResampler(new PlainLogitRows(predictions), vertical, horizontal, bandRows);
    }

    /// <summary>Planes of Hugging Face's grid at the original size.</summary>
    internal static PlainBandResampler AtOriginalSize(PlainPlaneRows grid, ImageGeometry geometry, int bandRows) => new(
        grid,
        PlainResampleTaps.Bilinear(PlainHuggingFaceGrid.Size, geometry.Height),
        PlainResampleTaps.Bilinear(PlainHuggingFaceGrid.Size, geometry.Width),
        bandRows);

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
