using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler.Costs;

/// <summary>The manifest's cost table: GMACs of one image for every input that the model's sizes can produce, those of the own size first.</summary>
internal static class ModelCosts
{
    public static IReadOnlyList<ModelCost> Count(ModelManifest model, ModelProto stem, (ModelProto Graph, int Layers) encoder, ModelProto decoder) =>
        [.. Inputs(model).Select(size => At(size.Height, size.Width, stem, encoder, decoder))];

    private static IEnumerable<InputSize> Inputs(ModelManifest model) => model.ShortestEdges
        .OrderBy(size => size != model.OwnSize)
        .SelectMany(size => InputSize.All(model.PreprocessingAt(size)))
        .Distinct();

    /// <summary>What the stem makes of one image of that size.</summary>
    public static Dictionary<string, KnownTensor> TensorsOf(ModelProto stem, int height, int width) => ShapeInference.Infer(stem, Pixels(height, width));

    /// <summary>Six digits: a thousandth of a GMAC and better, without noise in the file.</summary>
    public static double Giga(double count) => Math.Round(count / 1e9, 6);

    private static ModelCost At(int height, int width, ModelProto stem, (ModelProto Graph, int Layers) encoder, ModelProto decoder)
    {
        long stemCount = MultiplyAdds.Count(stem, Pixels(height, width));
        var made = TensorsOf(stem, height, width);
        made[GraphTensors.Encoder] = made[GraphTensors.Tokens]; // layers change no shape
        var encoderCount = MultiplyAdds.Count(encoder.Graph, InputsOf(encoder.Graph, made));
        var decoderCount = MultiplyAdds.Count(decoder, InputsOf(decoder, made));
        return new ModelCost(height, width, Giga(stemCount), Giga((double)encoderCount / encoder.Layers), Giga(decoderCount));
    }

    private static Dictionary<string, KnownTensor> Pixels(int height, int width) =>
        new(StringComparer.Ordinal) { [GraphTensors.PixelValues] = new([1, 3, height, width]) };

    private static Dictionary<string, KnownTensor> InputsOf(ModelProto graph, Dictionary<string, KnownTensor> made) =>
        graph.Graph.Input.ToDictionary(static input => input.Name, input => made[input.Name], StringComparer.Ordinal);
}
