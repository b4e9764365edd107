using EcoM2F.Compiler.Graph.Onnx;

namespace EcoM2F.Compiler.Quantization;

/// <summary>A layer that is to be calibrated.</summary>
/// <param name="Weight">Name of its weights.</param>
/// <param name="Input">Name of the value that it reads.</param>
/// <param name="Inputs">Numbers of the input that one number of the output is made of.</param>
/// <param name="Output">Name of the value that a convolution gives, by <see cref="Int8Graph.ResultOf"/>; null: the layer is a product.</param>
/// <param name="Window">How a convolution slides over its input; null: the layer is a product.</param>
internal sealed record ObservedLayer(string Weight, string Input, int Inputs, string? Output, ConvolutionWindow? Window)
{
    /// <summary>Groups of outputs that read different numbers.</summary>
    public int Groups => Window?.Groups ?? 1;

    /// <param name="layers">Those that are to be calibrated, of this graph or of others.</param>
    /// <returns>Those of the graph, each once.</returns>
    public static IReadOnlyList<ObservedLayer> Find(GraphProto graph, IEnumerable<QuantizableLayer> layers)
    {
        var weights = layers.Select(static layer => layer.Weight).ToHashSet(StringComparer.Ordinal);
        var shapes = graph.Initializer.ToDictionary(static tensor => tensor.Name, static tensor => tensor.Dims, StringComparer.Ordinal);
        return [.. graph.Node
            .Where(node => node.Input.Count > 1 && node.OpType is "Conv" or "Gemm" or "MatMul" && weights.Contains(node.Input[1]))
            .DistinctBy(static node => node.Input[1])
            .Select(node => node.OpType == "Conv"
                ? Convolution(node, ConvolutionWindow.Of(node, shapes[node.Input[1]]))
                : new ObservedLayer(node.Input[1], node.Input[0], (int)shapes[node.Input[1]][0], null, null))];

        ObservedLayer Convolution(NodeProto node, ConvolutionWindow window) =>
            new(node.Input[1], node.Input[0], window.Length, Int8Graph.ResultOf(graph, node), window);
    }
}
