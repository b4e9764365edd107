using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using EcoM2F.Compiler.Graph.Onnx;
using Google.Protobuf;

namespace EcoM2F.Compiler.Graph;

/// <summary>
/// The fp16 form of a finished fp32 graph, for GPUs. Matrix products and convolutions compute on fp16, and so does what only moves
/// or scales their results; norms, softmax, sampling, resizing, positions and the products that make masks stay fp32, as do the
/// graph's inputs and outputs, so that graphs of both precisions fit together. A value is cast where the two meet, at most once
/// each way.
/// </summary>
internal sealed class HalfPrecision
{
    /// <summary>Nodes of this scope stay fp32, whatever they are.</summary>
    public const string ExactScope = "exact";

    private const float Largest = 65504f; // of fp16
    private const string Mark = ".fp16";

    private static readonly HashSet<string> Products = ["Conv", "Gemm", "MatMul"];

    /// <summary>On fp16 where all they read is fp16 already. Erf and Div: GELU comes between two products.</summary>
    private static readonly HashSet<string> Followers =
        ["Add", "Concat", "Div", "Erf", "Gather", "Mul", "Pad", "Relu", "Reshape", "Split", "Transpose", "Unsqueeze"];

    private static readonly HashSet<string> NoFloats = ["And", "Equal", "Less", "Shape"];

    private readonly WeightStore _weights;
    private readonly GraphProto _from;
    private readonly GraphProto _to;
    private readonly Dictionary<string, TensorProto> _constants;
    private readonly HashSet<string> _floats = new(StringComparer.Ordinal); // values of either precision
    private readonly HashSet<string> _full = new(StringComparer.Ordinal);   // those that exist as fp32
    private readonly HashSet<string> _half = new(StringComparer.Ordinal);   // those that exist as fp16
    private readonly HashSet<string> _added = new(StringComparer.Ordinal);  // initializers of the new graph

    private HalfPrecision(GraphProto from, WeightStore weights)
    {
        (_from, _weights) = (from, weights);
        _to = new GraphProto { Name = from.Name };
        _to.Input.Add(from.Input);
        _to.Output.Add(from.Output);
        _constants = from.Initializer.ToDictionary(static tensor => tensor.Name, StringComparer.Ordinal);
        foreach (var input in from.Input.Where(static input => input.Type.TensorType.ElemType == (int)OnnxType.Float))
        {
            Produce(input.Name, half: false);
        }

        _floats.UnionWith(from.Initializer.Where(static tensor => tensor.DataType == (int)OnnxType.Float).Select(static tensor => tensor.Name));
    }

    /// <summary>The weights that the new graph reads are added to the store, as fp16, before it is written.</summary>
    public static ModelProto Convert(ModelProto model, WeightStore weights)
    {
        var conversion = new HalfPrecision(model.Graph, weights);
        foreach (var node in model.Graph.Node)
        {
            conversion.Add(node);
        }

        foreach (var output in model.Graph.Output)
        {
            conversion.Full(output.Name);
        }

        var converted = new ModelProto { IrVersion = model.IrVersion, ProducerName = model.ProducerName, Graph = conversion._to };
        converted.OpsetImport.Add(model.OpsetImport);
        return converted;
    }

    private void Add(NodeProto node)
    {
        var half = IsHalf(node);
        var copy = node.Clone();
        for (var i = 0; i < copy.Input.Count; i++)
        {
            copy.Input[i] = half && _floats.Contains(copy.Input[i]) ? Half(copy.Input[i]) : Full(copy.Input[i]);
        }

        if (GivesFloats(node))
        {
            foreach (var output in node.Output)
            {
                Produce(output, half);
            }

            for (var i = 0; half && i < copy.Output.Count; i++)
            {
                copy.Output[i] += Mark;
            }
        }

        _to.Node.Add(copy);
    }

    private bool IsHalf(NodeProto node)
    {
        var floats = node.Input.Where(_floats.Contains).ToList();
        if (floats.Count == 0 || node.Name.StartsWith(ExactScope + "/", StringComparison.Ordinal))
        {
            return false;
        }

        var computed = floats.Where(name => !_constants.ContainsKey(name)).ToList();
        return Products.Contains(node.OpType)
            || (Followers.Contains(node.OpType) && computed.Count > 0 && computed.All(_half.Contains)
                && floats.All(name => !_constants.TryGetValue(name, out var tensor) || Fits(tensor)));
    }

    private bool GivesFloats(NodeProto node) => node.OpType switch
    {
        "Cast" => node.Attribute.Single(static attribute => attribute.Name == "to").I == (int)OnnxType.Float,
        "Where" => _floats.Contains(node.Input[1]),
        var op => !NoFloats.Contains(op) && _floats.Contains(node.Input[0]),
    };

    private void Produce(string name, bool half)
    {
        _floats.Add(name);
        (half ? _half : _full).Add(name);
    }

    private string Full(string name)
    {
        if (_constants.TryGetValue(name, out var tensor))
        {
            if (_added.Add(name))
            {
                _to.Initializer.Add(tensor.Clone());
            }
        }
        else if (_floats.Contains(name) && _full.Add(name))
        {
            Cast(name + Mark, name, OnnxType.Float);
        }

        return name;
    }

    private string Half(string name)
    {
        if (_constants.TryGetValue(name, out var tensor))
        {
            if (_added.Add(name + Mark))
            {
                _to.Initializer.Add(Narrow(tensor));
            }
        }
        else if (_half.Add(name))
        {
            Cast(name, name + Mark, OnnxType.Half);
        }

        return name + Mark;
    }

    private void Cast(string from, string to, OnnxType type)
    {
        var node = GraphParts.Node("Cast", to + "/Cast", [from], [to]);
        node.Attribute.Add(GraphParts.Attribute("to", (int)type));
        _to.Node.Add(node);
    }

    private TensorProto Narrow(TensorProto tensor)
    {
        var narrow = new TensorProto { Name = tensor.Name + Mark, DataType = (int)OnnxType.Half };
        narrow.Dims.Add(tensor.Dims);
        if (tensor.DataLocation == TensorProto.Types.DataLocation.External)
        {
            narrow.DataLocation = TensorProto.Types.DataLocation.External;
            _weights.AddHalf(narrow.Name, tensor.Name);
            return narrow;
        }

        var values = Floats(tensor);
        var halves = new Half[values.Length];
        TensorPrimitives.ConvertToHalf(values, halves);
        narrow.RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<Half>(halves));
        return narrow;
    }

    /// <summary>Weights of the file are checked when they are written.</summary>
    private static bool Fits(TensorProto tensor) =>
        tensor.DataLocation == TensorProto.Types.DataLocation.External || TensorPrimitives.MaxMagnitude(Floats(tensor)) is >= -Largest and <= Largest;

    private static ReadOnlySpan<float> Floats(TensorProto tensor) => MemoryMarshal.Cast<byte, float>(tensor.RawData.Span);
}
