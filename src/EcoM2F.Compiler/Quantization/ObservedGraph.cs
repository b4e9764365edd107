using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Graph.Onnx;

namespace EcoM2F.Compiler.Quantization;

/// <summary>
/// A graph that gives nothing but what its convolutions are calibrated by: the least and the largest number of what each reads and gives, and
/// all that it reads.
/// </summary>
internal static class ObservedGraph
{
    /// <summary>Ends of the names of outputs, behind the value's.</summary>
    public const string Least = "/least";

    /// <inheritdoc cref="Least"/>
    public const string Largest = "/largest";

    /// <inheritdoc cref="Least"/>
    public const string Whole = "/whole";

    /// <param name="convolutions">Of the graph.</param>
    public static ModelProto Of(ModelProto model, IReadOnlyCollection<ObservedConvolution> convolutions)
    {
        var observed = model.Clone();
        observed.Graph.Output.Clear();
        foreach (var value in convolutions.SelectMany(static convolution => (string[])[convolution.Input, convolution.Output]).Distinct())
        {
            Add(observed.Graph, "ReduceMin", value, Least, new AttributeProto { Name = "keepdims", I = 0, Type = AttributeProto.Types.AttributeType.Int });
            Add(observed.Graph, "ReduceMax", value, Largest, new AttributeProto { Name = "keepdims", I = 0, Type = AttributeProto.Types.AttributeType.Int });
        }

        foreach (var value in convolutions.Select(static convolution => convolution.Input).Distinct())
        {
            Add(observed.Graph, "Identity", value, Whole);
        }

        return observed;
    }

    private static void Add(GraphProto graph, string operation, string value, string end, params AttributeProto[] attributes)
    {
        var node = new NodeProto { OpType = operation, Name = value + end };
        node.Input.Add(value);
        node.Output.Add(value + end);
        node.Attribute.Add(attributes);
        graph.Node.Add(node);
        graph.Output.Add(new ValueInfoProto { Name = value + end, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)OnnxType.Float } } });
    }
}
