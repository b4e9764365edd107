using System.Runtime.InteropServices;
using EcoM2F.Compiler.Graph.Onnx;
using Google.Protobuf;

namespace EcoM2F.Compiler.Graph;

/// <summary>Nodes and tensors of ONNX by their names, for what builds graphs and for what changes finished ones.</summary>
internal static class GraphParts
{
    /// <param name="domain">Of the operator; empty: ONNX's own.</param>
    public static NodeProto Node(string type, string name, IEnumerable<string> inputs, IEnumerable<string> outputs, string domain = "")
    {
        var node = new NodeProto { OpType = type, Name = name };
        if (domain.Length > 0)
        {
            node.Domain = domain;
        }

        node.Input.AddRange(inputs);
        node.Output.AddRange(outputs);
        return node;
    }

    public static AttributeProto Attribute(string attributeName, object value)
    {
        var attribute = new AttributeProto { Name = attributeName };
        switch (value)
        {
            case int number:
                attribute.I = number;
                attribute.Type = AttributeProto.Types.AttributeType.Int;
                break;
            case float number:
                attribute.F = number;
                attribute.Type = AttributeProto.Types.AttributeType.Float;
                break;
            case string text:
                attribute.S = ByteString.CopyFromUtf8(text);
                attribute.Type = AttributeProto.Types.AttributeType.String;
                break;
            case long[] numbers:
                attribute.Ints.AddRange(numbers);
                attribute.Type = AttributeProto.Types.AttributeType.Ints;
                break;
            default:
                throw new ArgumentException($"Attribute {attributeName} of type {value.GetType()}.", nameof(value));
        }

        return attribute;
    }

    /// <summary>A tensor of the weights file, which gets its place there when the graph is written.</summary>
    public static TensorProto Weight(string name, OnnxType type, params ReadOnlySpan<long> shape)
    {
        var tensor = new TensorProto { Name = name, DataType = (int)type, DataLocation = TensorProto.Types.DataLocation.External };
        tensor.Dims.AddRange(shape.ToArray());
        return tensor;
    }

    /// <summary>A tensor inside the graph.</summary>
    /// <param name="bytes">Its values, little-endian.</param>
    /// <param name="shape">None: a scalar.</param>
    public static TensorProto Constant(string name, OnnxType type, ReadOnlySpan<byte> bytes, params ReadOnlySpan<long> shape)
    {
        var tensor = new TensorProto { Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
        tensor.Dims.AddRange(shape.ToArray());
        return tensor;
    }

    /// <summary>A vector of integers inside the graph: shapes, axes, places.</summary>
    public static TensorProto Integers(string name, ReadOnlySpan<long> values) => Constant(name, OnnxType.Int64, MemoryMarshal.AsBytes(values), values.Length);
}
