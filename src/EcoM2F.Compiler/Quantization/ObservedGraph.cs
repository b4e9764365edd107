using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler.Quantization;

/// <summary>A graph that also gives the least and the largest number of some of its values, to calibrate on photographs.</summary>
internal static class ObservedGraph
{
    /// <summary>The values that convolutions read and give, by <see cref="Int8Graph.ResultOf"/>.</summary>
    /// <param name="layers">Products among them are passed over.</param>
    public static IReadOnlyDictionary<string, (string Input, string Output)> ValuesOf(ModelProto model, IEnumerable<QuantizableLayer> layers)
    {
        var weights = layers.Where(static layer => layer.IsConvolution).Select(static layer => layer.Weight).ToHashSet(StringComparer.Ordinal);
        return model.Graph.Node.Where(node => node.OpType == "Conv" && weights.Contains(node.Input[1]))
            .ToDictionary(static node => node.Input[1], node => (node.Input[0], Int8Graph.ResultOf(model.Graph, node)), StringComparer.Ordinal);
    }

    /// <param name="values">Of the graph, each once.</param>
    /// <returns>The graph with nothing but their extremes as outputs: <see cref="GraphTensors.LeastOf"/>, <see cref="GraphTensors.LargestOf"/>.</returns>
    public static ModelProto Of(ModelProto model, IEnumerable<string> values)
    {
        var observed = model.Clone();
        observed.Graph.Output.Clear();
        foreach (var value in values)
        {
            Add(observed.Graph, "ReduceMin", value, GraphTensors.LeastOf(value));
            Add(observed.Graph, "ReduceMax", value, GraphTensors.LargestOf(value));
        }

        return observed;
    }

    private static void Add(GraphProto graph, string reduction, string value, string output)
    {
        var node = new NodeProto { OpType = reduction, Name = output };
        node.Input.Add(value);
        node.Output.Add(output);
        node.Attribute.Add(new AttributeProto { Name = "keepdims", I = 0, Type = AttributeProto.Types.AttributeType.Int });
        graph.Node.Add(node);
        graph.Output.Add(new ValueInfoProto
        {
            Name = output,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)OnnxType.Float, Shape = new TensorShapeProto() } },
        });
    }
}
