using EcoM2F.Compiler.Graph.Onnx;

namespace EcoM2F.Compiler.Quantization;

/// <summary>A convolution that is to be calibrated.</summary>
/// <param name="Weight">Name of its weights.</param>
/// <param name="Input">Name of the value that it reads.</param>
/// <param name="Output">Name of the value that it gives, by <see cref="Int8Graph.ResultOf"/>.</param>
/// <param name="Window">How it slides over its input.</param>
internal sealed record ObservedConvolution(string Weight, string Input, string Output, ConvolutionWindow Window)
{
    /// <param name="layers">Products among them are passed over.</param>
    public static IReadOnlyList<ObservedConvolution> Find(GraphProto graph, IEnumerable<QuantizableLayer> layers)
    {
        var weights = layers.Where(static layer => layer.IsConvolution).Select(static layer => layer.Weight).ToHashSet(StringComparer.Ordinal);
        return [.. graph.Node.Where(node => node.OpType == "Conv" && weights.Contains(node.Input[1]))
            .Select(node => new ObservedConvolution(node.Input[1], node.Input[0], Int8Graph.ResultOf(graph, node), ConvolutionWindow.Of(node, graph.Initializer.Single(tensor => tensor.Name == node.Input[1]).Dims)))];
    }
}
