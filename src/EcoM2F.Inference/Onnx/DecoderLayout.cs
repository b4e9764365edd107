using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Onnx;

/// <summary>What a model's decoder gives: class logits, and masks or boxes.</summary>
/// <param name="Classes">Name of the class logits.</param>
/// <param name="Regions">Name of the mask logits, or of the boxes.</param>
/// <param name="Columns">Of the class logits.</param>
internal sealed record DecoderLayout(string Classes, string Regions, bool HasBoxes, int Queries, int Columns)
{
    private const int MaskStride = 4;

    public static DecoderLayout Of(StageSession decoder)
    {
        var hasBoxes = decoder.Outputs.Contains(GraphTensors.PredBoxes);
        var (classes, regions) = hasBoxes ? (GraphTensors.Logits, GraphTensors.PredBoxes) : (GraphTensors.ClassQueriesLogits, GraphTensors.MasksQueriesLogits);
        return new DecoderLayout(classes, regions, hasBoxes, decoder.OutputDimension(classes, 1), decoder.OutputDimension(classes, 2));
    }

    /// <summary>Buffers for one run; the caller disposes.</summary>
    /// <param name="batch">Images.</param>
    /// <param name="height">Model input, pixels.</param>
    /// <param name="width">Model input, pixels.</param>
    public DecoderOutputs Rent(int batch, int height, int width) => HasBoxes
        ? DecoderOutputs.ForBoxes(batch, Queries, Columns)
        : DecoderOutputs.ForMasks(batch, Queries, Columns, height / MaskStride, width / MaskStride);
}
