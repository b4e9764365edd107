using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Inference.Engine;

/// <summary>A model's output for one image, and the compute point that it ran at. Owns the logits, in rented buffers.</summary>
/// <param name="together">See <see cref="Together"/>.</param>
internal sealed class ModelOutput(DecoderOutputs decoder, ComputeDecision decision, int together = 1) : IDisposable
{
    /// <summary>Images that ran through the model together, this one included, in the stage where they were most.</summary>
    public int Together => together;

    public ComputeDecision Decision => decision;

    /// <summary>Logits of one image, on the host.</summary>
    public DecoderOutputs Decoder => decoder;

    /// <summary>The size that masks are to have.</summary>
    /// <param name="image">The uploaded image, upright.</param>
    public MaskGrid SizeOf(MaskGrid image, PostprocessingParameters parameters) =>
        decoder.HasBoxes ? image : parameters.MaskSize.Of(image, new MaskGrid(decoder.MaskHeight, decoder.MaskWidth));

    /// <summary>Masks at the size that they are to have, or boxes in pixels of the image.</summary>
    /// <param name="imageHeight">Pixels of the uploaded image, upright.</param>
    /// <param name="imageWidth">Pixels of the uploaded image, upright.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public PostprocessingResult Postprocess(int imageHeight, int imageWidth, PostprocessingParameters parameters, CancellationToken cancellationToken)
    {
        var image = new MaskGrid(imageHeight, imageWidth);
        var size = SizeOf(image, parameters);
        var geometry = new ImageGeometry(decision.Point.Input, size.Height, size.Width);
        if (decoder.HasBoxes)
        {
            var boxes = new BoxPredictions(decoder.ClassLogits, decoder.Boxes, decoder.Queries, decoder.Classes);
            return new PostprocessingResult(null, null, null, BoxPostprocessor.Run(boxes, geometry, parameters));
        }

        var masks = new QueryPredictions(decoder.ClassLogits, decoder.MaskLogits, decoder.Queries, decoder.Classes - 1, decoder.MaskHeight, decoder.MaskWidth);
        var found = MaskPostprocessor.Run(masks, geometry, parameters, cancellationToken);
        found = MaskCleanup.IsAsked(parameters) ? MaskCleanup.Apply(found, geometry, parameters, cancellationToken) : found;
        return found with { MaskSize = size == image ? null : size };
    }

    public void Dispose() => decoder.Dispose();
}
