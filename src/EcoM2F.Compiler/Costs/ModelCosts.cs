using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler.Costs;

/// <summary>The manifest's cost table: GMACs of one image for every input size that the resizing rule can produce.</summary>
internal static class ModelCosts
{
    public static IReadOnlyList<ModelCost> Count(PreprocessingSettings settings, ModelProto stem, (ModelProto Graph, int Layers) encoder, ModelProto decoder) =>
        [.. InputShapes.Enumerate(settings).Select(shape => At(shape.Height, shape.Width, stem, encoder, decoder))];

    private static ModelCost At(int height, int width, ModelProto stem, (ModelProto Graph, int Layers) encoder, ModelProto decoder)
    {
        var input = Inputs(("pixel_values", new KnownTensor([1, 3, height, width])));
        long stemCount = MultiplyAdds.Count(stem, input);
        var made = ShapeWalker.Walk(stem, input);
        var sizes = made["spatial_shapes"];
        var encoderCount = MultiplyAdds.Count(
            encoder.Graph, Inputs(("tokens", made["tokens"]), ("position", made["position"]), ("spatial_shapes", sizes)));
        var decoderCount = MultiplyAdds.Count(
            decoder, Inputs(("encoder", made["tokens"]), ("res2", made["res2"]), ("spatial_shapes", sizes)));
        return new ModelCost(height, width, Giga(stemCount), Giga((double)encoderCount / encoder.Layers), Giga(decoderCount));
    }

    private static Dictionary<string, KnownTensor> Inputs(params ReadOnlySpan<(string Name, KnownTensor Tensor)> tensors)
    {
        var inputs = new Dictionary<string, KnownTensor>(StringComparer.Ordinal);
        foreach (var (name, tensor) in tensors)
        {
            inputs.Add(name, tensor);
        }

        return inputs;
    }

    /// <summary>Six digits: a thousandth of a GMAC and better, without noise in the file.</summary>
    private static double Giga(double count) => Math.Round(count / 1e9, 6);
}
