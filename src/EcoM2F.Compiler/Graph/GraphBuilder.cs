using System.Globalization;
using System.Runtime.InteropServices;
using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Inference.Onnx.CustomOps;

namespace EcoM2F.Compiler.Graph;

/// <summary>
/// Builds one ONNX graph node by node. Nodes are named after the scope they are added in, which mirrors the checkpoint's
/// prefixes. Weights refer to <see cref="WeightStore.FileName"/> as external data; small constants stay inline.
/// </summary>
internal sealed class GraphBuilder(string name, WeightStore weights)
{
    /// <summary>LayerNormalization came with 17; GridSample and Resize have the semantics of 16.</summary>
    private const int Opset = 17;

    private const int IrVersion = 8; // the one that opset 17 came with

    private const string DomainMark = "::";

    private readonly GraphProto _graph = new() { Name = name };
    private readonly Dictionary<string, Value> _constants = new(StringComparer.Ordinal);
    private readonly HashSet<string> _weightNames = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _outputNames = new(StringComparer.Ordinal);
    private string _scope = string.Empty;
    private int _nodes;

    public WeightStore Weights { get; } = weights;

    /// <summary>Names what is added until disposal.</summary>
    public IDisposable Scope(string scope)
    {
        var previous = _scope;
        _scope = scope + "/";
        return new ScopeEnd(() => _scope = previous);
    }

    /// <param name="dims">Numbers, or names of symbolic dimensions.</param>
    public Value Input(string inputName, OnnxType type, params string[] dims)
    {
        _graph.Input.Add(ValueInfo(inputName, type, dims));
        return new Value(inputName);
    }

    /// <summary>Makes a value an output of the graph, under that name.</summary>
    public void Output(Value value, string outputName, OnnxType type, params string[] dims)
    {
        _outputNames.Add(value.Name, outputName);
        _graph.Output.Add(ValueInfo(outputName, type, dims));
    }

    public Value Node(string op, ReadOnlySpan<Value> inputs, params ReadOnlySpan<(string Name, object Value)> attributes) =>
        Node(op, inputs, 1, attributes)[0];

    /// <summary>A node with several outputs.</summary>
    /// <param name="op">An operator of ONNX, or <c>domain::operator</c> for one of our own.</param>
    public Value[] Node(string op, ReadOnlySpan<Value> inputs, int outputs, params ReadOnlySpan<(string Name, object Value)> attributes)
    {
        var mark = op.IndexOf(DomainMark, StringComparison.Ordinal);
        var type = mark < 0 ? op : op[(mark + DomainMark.Length)..];
        var node = new NodeProto { OpType = type, Name = string.Create(CultureInfo.InvariantCulture, $"{_scope}{type}_{_nodes++}") };
        if (mark >= 0)
        {
            node.Domain = op[..mark];
        }

        foreach (var input in inputs)
        {
            node.Input.Add(input.Name);
        }

        foreach (var (attribute, value) in attributes)
        {
            node.Attribute.Add(GraphParts.Attribute(attribute, value));
        }

        var results = new Value[outputs];
        for (var i = 0; i < outputs; i++)
        {
            results[i] = new Value(outputs == 1 ? node.Name : string.Create(CultureInfo.InvariantCulture, $"{node.Name}.{i}"));
            node.Output.Add(results[i].Name);
        }

        _graph.Node.Add(node);
        return results;
    }

    /// <summary>A tensor of the weights file.</summary>
    public Value Weight(string weightName)
    {
        if (_weightNames.Add(weightName))
        {
            _graph.Initializer.Add(GraphParts.Weight(weightName, OnnxType.Float, Weights.Shape(weightName)));
        }

        return new Value(weightName);
    }

    /// <summary>A small constant inside the graph: shapes, axes.</summary>
    public Value Constant(ReadOnlySpan<long> values, params ReadOnlySpan<long> shape) =>
        Constant(OnnxType.Int64, MemoryMarshal.AsBytes(values), shape);

    /// <summary>A small constant inside the graph: factors, tables of a few hundred numbers.</summary>
    public Value Constant(ReadOnlySpan<float> values, params ReadOnlySpan<long> shape) =>
        Constant(OnnxType.Float, MemoryMarshal.AsBytes(values), shape);

    /// <summary>A constant of a name of its own, inside the graph.</summary>
    public Value Constant(string constantName, ReadOnlySpan<float> values, params ReadOnlySpan<long> shape)
    {
        _graph.Initializer.Add(GraphParts.Constant(constantName, OnnxType.Float, MemoryMarshal.AsBytes(values), shape));
        return new Value(constantName);
    }

    /// <summary>The finished model; weights have no file positions yet.</summary>
    public ModelProto Build()
    {
        foreach (var node in _graph.Node)
        {
            Rename(node.Input);
            Rename(node.Output);
        }

        _outputNames.Clear();
        var model = new ModelProto { IrVersion = IrVersion, ProducerName = "ecom2f", Graph = _graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = string.Empty, Version = Opset });
        foreach (var domain in _graph.Node.Where(static node => node.HasDomain).Select(static node => node.Domain).Distinct())
        {
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = domain, Version = EcoM2FOperators.Version });
        }

        return model;
    }

    private void Rename(IList<string> names)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (_outputNames.TryGetValue(names[i], out var outputName))
            {
                names[i] = outputName;
            }
        }
    }

    private Value Constant(OnnxType type, ReadOnlySpan<byte> bytes, ReadOnlySpan<long> shape)
    {
        var key = $"{type}:{string.Join(',', shape.ToArray())}:{Convert.ToHexString(bytes)}";
        if (!_constants.TryGetValue(key, out var value))
        {
            value = new Value(string.Create(CultureInfo.InvariantCulture, $"constant_{_constants.Count}"));
            _graph.Initializer.Add(GraphParts.Constant(value.Name, type, bytes, shape));
            _constants.Add(key, value);
        }

        return value;
    }

    private static ValueInfoProto ValueInfo(string valueName, OnnxType type, string[] dims)
    {
        var shape = new TensorShapeProto();
        foreach (var dim in dims)
        {
            shape.Dim.Add(long.TryParse(dim, CultureInfo.InvariantCulture, out var number)
                ? new TensorShapeProto.Types.Dimension { DimValue = number }
                : new TensorShapeProto.Types.Dimension { DimParam = dim });
        }

        return new ValueInfoProto
        {
            Name = valueName,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape } },
        };
    }

    private sealed class ScopeEnd(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
