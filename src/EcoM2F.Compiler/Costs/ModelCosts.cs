using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler.Costs;

/// <summary>The manifest's cost table: GMACs of one image for every input that the model's sizes can produce, those of the own size first.</summary>
internal static class ModelCosts
{
    /// <param name="decoder">The decoder of a decoder exit; of null the whole one.</param>
    public static IReadOnlyList<ModelCost> Count(ModelManifest model, ModelProto stem, (ModelProto Graph, int Layers) encoder, Func<int?, ModelProto> decoder)
    {
        var (whole, cut) = (decoder(null), model.DecoderExits?.SkipLast(1).ToDictionary(static exit => exit, exit => decoder(exit)));
        return [.. Inputs(model).Select(size => At(size, stem, encoder, whole, cut))];
    }

    private static IEnumerable<InputSize> Inputs(ModelManifest model) => model.ShortestEdges
        .OrderBy(size => size != model.OwnSize)
        .SelectMany(size => InputSize.All(model.PreprocessingAt(size)))
        .Distinct();

    /// <summary>What the stem makes of one image of that size.</summary>
    public static Dictionary<string, KnownTensor> TensorsOf(ModelProto stem, int height, int width) => ShapeInference.Infer(stem, Pixels(height, width));

    /// <summary>Six digits: a thousandth of a GMAC and better, without noise in the file.</summary>
    public static double Giga(double count) => Math.Round(count / 1e9, 6);

    private static ModelCost At(InputSize size, ModelProto stem, (ModelProto Graph, int Layers) encoder, ModelProto decoder, Dictionary<int, ModelProto>? cut)
    {
        var (height, width) = size;
        long stemCount = MultiplyAdds.Count(stem, Pixels(height, width));
        var made = TensorsOf(stem, height, width);
        made[GraphTensors.Encoder] = made[GraphTensors.Tokens]; // layers change no shape
        var encoderCount = MultiplyAdds.Count(encoder.Graph, InputsOf(encoder.Graph, made));
        return new ModelCost(height, width, Giga(stemCount), Giga((double)encoderCount / encoder.Layers), Decoder(decoder))
        {
            DecoderExits = cut?.ToDictionary(static exit => exit.Key, exit => Decoder(exit.Value)),
        };

        double Decoder(ModelProto graph) => Giga(MultiplyAdds.Count(graph, InputsOf(graph, made)));
    }

    private static Dictionary<string, KnownTensor> Pixels(int height, int width) =>
        new(StringComparer.Ordinal) { [GraphTensors.PixelValues] = new([1, 3, height, width]) };

    private static Dictionary<string, KnownTensor> InputsOf(ModelProto graph, Dictionary<string, KnownTensor> made) =>
        graph.Graph.Input.ToDictionary(static input => input.Name, input => made[input.Name], StringComparer.Ordinal);
}
