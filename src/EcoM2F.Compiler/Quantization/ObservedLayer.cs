using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler.Quantization;

/// <summary>A layer that is to be calibrated.</summary>
/// <param name="Weight">Name of its weights.</param>
/// <param name="Input">Name of the value that it reads.</param>
/// <param name="Inputs">Numbers of the input that one number of the output is made of.</param>
/// <param name="Output">Name of the value that a convolution gives, by <see cref="Int8Graph.ResultOf"/>; null: the layer is a product.</param>
/// <param name="Window">How a convolution slides over its input; null: the layer is a product.</param>
/// <param name="HasInputRange">
/// Whether the input has a range: a convolution's always has, and a product's that reads what a ReLU gives, for every token of an image. That range
/// begins at 0 and takes the ReLU's place. Any other product finds its range as it runs.
/// </param>
internal sealed record ObservedLayer(string Weight, string Input, int Inputs, string? Output, ConvolutionWindow? Window, bool HasInputRange)
{
    /// <summary>Groups of outputs that read different numbers.</summary>
    public int Groups => Window?.Groups ?? 1;

    /// <param name="layers">Those that are to be calibrated, of this graph or of others.</param>
    /// <returns>Those of the graph, each once.</returns>
    public static IReadOnlyList<ObservedLayer> Find(GraphProto graph, IEnumerable<QuantizableLayer> layers)
    {
        var stages = layers.ToDictionary(static layer => layer.Weight, static layer => layer.Stage, StringComparer.Ordinal);
        var rectified = graph.Node.Where(static node => node.OpType == "Relu").Select(static node => node.Output[0]).ToHashSet(StringComparer.Ordinal);
        var shapes = graph.Initializer.ToDictionary(static tensor => tensor.Name, static tensor => tensor.Dims, StringComparer.Ordinal);
        return [.. graph.Node
            .Where(node => node.Input.Count > 1 && node.OpType is "Conv" or "Gemm" or "MatMul" && stages.ContainsKey(node.Input[1]))
            .DistinctBy(static node => node.Input[1])
            .Select(node => node.OpType == "Conv"
                ? Convolution(node, ConvolutionWindow.Of(node, shapes[node.Input[1]]))
                : Product(node))];

        ObservedLayer Convolution(NodeProto node, ConvolutionWindow window) =>
            new(node.Input[1], node.Input[0], window.Length, Int8Graph.ResultOf(graph, node), window, HasInputRange: true);

        // A decoder has few queries: to find their range takes no time.
        ObservedLayer Product(NodeProto node) => new(
            node.Input[1], node.Input[0], (int)shapes[node.Input[1]][0], null, null, stages[node.Input[1]] != GraphStages.Decoder && rectified.Contains(node.Input[0]));
    }
}
