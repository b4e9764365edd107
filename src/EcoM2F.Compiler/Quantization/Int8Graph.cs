using System.Globalization;
using System.Runtime.InteropServices;
using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Inference.Safetensors;

namespace EcoM2F.Compiler.Quantization;

/// <summary>
/// The int8 form of a finished fp32 graph, in ONNX Runtime's own operators. Products give floats; they quantise their input as they run
/// (DynamicQuantizeMatMul), but for what comes from a ReLU, which has a calibrated range that is the ReLU (QuantizeLinear, MatMulIntegerToFloat).
/// Convolutions take and give bytes of calibrated ranges (QLinearConv); the activation after one is the range of its output, and what lies
/// between two of them stays on bytes. Everything else is fp32, as are the graph's inputs and outputs.
/// </summary>
internal sealed class Int8Graph
{
    private const string MicrosoftDomain = "com.microsoft";
    private const string Mark = ".int8";

    private readonly GraphProto _from;
    private readonly GraphProto _to;
    private readonly Int8Source _source;
    private readonly WeightStore _weights;
    private readonly Dictionary<string, TensorProto> _constants;
    private readonly ILookup<string, NodeProto> _readers;
    private readonly HashSet<string> _outputs;
    private readonly HashSet<string> _floats = new(StringComparer.Ordinal);                    // values that exist as fp32
    private readonly Dictionary<string, ActivationRange> _bytes = new(StringComparer.Ordinal); // those that exist as bytes
    private readonly HashSet<string> _added = new(StringComparer.Ordinal);                     // initializers of the new graph
    private readonly HashSet<string> _folded = new(StringComparer.Ordinal);                    // activations that a convolution took over

    private Int8Graph(GraphProto from, Int8Source source, WeightStore weights)
    {
        (_from, _source, _weights) = (from, source, weights);
        _to = new GraphProto { Name = from.Name };
        _to.Input.Add(from.Input);
        _to.Output.Add(from.Output);
        _constants = from.Initializer.ToDictionary(static tensor => tensor.Name, StringComparer.Ordinal);
        _outputs = from.Output.Select(static output => output.Name).ToHashSet(StringComparer.Ordinal);
        _readers = from.Node.SelectMany(static node => node.Input.Select(name => (name, node))).ToLookup(static pair => pair.name, static pair => pair.node, StringComparer.Ordinal);
        _floats.UnionWith(from.Input.Select(static input => input.Name));
    }

    /// <param name="source">Which layers, their ranges, and the fp32 weights.</param>
    /// <param name="weights">Gets the weights that the new graph reads beside those of the fp32 one.</param>
    public static ModelProto Convert(ModelProto model, Int8Source source, WeightStore weights)
    {
        var from = FoldedMaskProjection.Of(model, source.Read, weights).Graph;
        var conversion = new Int8Graph(from, source, weights);
        foreach (var node in from.Node)
        {
            conversion.Add(node);
        }

        foreach (var output in from.Output)
        {
            conversion.Float(output.Name);
        }

        var converted = new ModelProto { IrVersion = model.IrVersion, ProducerName = model.ProducerName, Graph = conversion._to };
        converted.OpsetImport.Add(model.OpsetImport);
        if (conversion._to.Node.Any(static node => node.Domain == MicrosoftDomain))
        {
            converted.OpsetImport.Add(new OperatorSetIdProto { Domain = MicrosoftDomain, Version = 1 });
        }

        return converted;
    }

    /// <summary>The value that a convolution gives in the end: its own, or that of the ReLU or ReLU6 that alone reads it.</summary>
    public static string ResultOf(GraphProto graph, NodeProto convolution)
    {
        var readers = graph.Node.Where(node => node.Input.Contains(convolution.Output[0])).ToList();
        return readers is [{ OpType: "Relu" or "Clip" } activation] && graph.Output.All(output => output.Name != convolution.Output[0])
            ? activation.Output[0]
            : convolution.Output[0];
    }

    private void Add(NodeProto node)
    {
        if (_folded.Contains(node.Output[0]))
        {
            return;
        }

        if (IsProduct(node))
        {
            AddProduct(node);
        }
        else if (node.OpType == "Relu" && ReluRange(node) is { } positive)
        {
            _to.Node.Add(GraphParts.Node("QuantizeLinear", node.Name, [Float(node.Input[0]), .. Parameters(positive)], [node.Output[0] + Mark]));
            _bytes.Add(node.Output[0], positive);
        }
        else if (node.OpType == "Conv" && _source.Has(node.Input[1]))
        {
            AddConvolution(node);
        }
        else if (node.OpType == "Add" && node.Input.All(_bytes.ContainsKey) && SumRange(node) is { } range)
        {
            AddSum(node, range);
        }
        else
        {
            foreach (var input in node.Input)
            {
                Float(input);
            }

            _floats.UnionWith(node.Output);
            _to.Node.Add(node.Clone());
        }
    }

    /// <summary>Whether it is one that is to be computed on 8 bits.</summary>
    private bool IsProduct(NodeProto node) => node.Input.Count > 1 && node.OpType is "Gemm" or "MatMul" && _source.Has(node.Input[1]);

    /// <summary>Of what a ReLU gives, where nothing but products with that range reads it: bytes from 0 on have cut off what it would.</summary>
    private ActivationRange? ReluRange(NodeProto node)
    {
        var readers = _readers[node.Output[0]].ToList();
        return readers.Count > 0 && readers.All(IsProduct) && !_outputs.Contains(node.Output[0]) ? _source.InputRangeOf(readers[0].Input[1]) : null;
    }

    private void AddProduct(NodeProto node)
    {
        var weight = node.Input[1];
        var (inputs, outputs) = ((int)_constants[weight].Dims[0], (int)_constants[weight].Dims[1]);
        RoundedWeights Rounded() => _source.MatrixOf(weight, outputs);
        StoreWeights(weight, outputs, Rounded, inputs, outputs);

        var bias = weight + Mark + "_bias";
        Stored(bias, OnnxType.Float, TensorType.F32, () => MemoryMarshal.AsBytes<float>(BiasOf(node, Rounded())).ToArray(), outputs);

        _floats.Add(node.Output[0]);
        if (_source.InputRangeOf(weight) is { } range)
        {
            var (input, parameters) = (Bytes(node.Input[0], range), Parameters(_bytes[node.Input[0]]));
            _to.Node.Add(GraphParts.Node("MatMulIntegerToFloat", node.Name, [input, weight + Mark, parameters[0], weight + Mark + "_scale", parameters[1], "", bias], [node.Output[0]], MicrosoftDomain));
        }
        else
        {
            _to.Node.Add(GraphParts.Node("DynamicQuantizeMatMul", node.Name, [Float(node.Input[0]), weight + Mark, weight + Mark + "_scale", "", bias], [node.Output[0]], MicrosoftDomain));
        }
    }

    private void AddConvolution(NodeProto node)
    {
        var weight = node.Input[1];
        var dims = _constants[weight].Dims;
        var outputs = (int)dims[0];
        var ranges = _source.RangesOf(weight);
        var input = Bytes(node.Input[0], ranges.Input);
        var inputRange = _bytes[node.Input[0]];
        RoundedWeights Rounded() => _source.KernelsOf(weight, outputs);
        StoreWeights(weight, outputs, Rounded, [.. dims]);
        var result = ResultOf(_from, node);
        if (result != node.Output[0])
        {
            _folded.Add(result);
        }

        var bias = weight + Mark + "_bias";
        Stored(bias, OnnxType.Int32, TensorType.I32, () => Int8Weights.Bias(BiasOf(node, Rounded()), Rounded().Scales, inputRange.Scale), outputs);
        List<string> operands = [input, .. Parameters(inputRange), weight + Mark, weight + Mark + "_scale", Zero(), .. Parameters(ranges.Output), bias];

        var convolution = GraphParts.Node("QLinearConv", node.Name, operands, [result + Mark]);
        convolution.Attribute.Add(node.Attribute);
        _to.Node.Add(convolution);
        _bytes.Add(result, ranges.Output);
    }

    /// <summary>With what the rounding of the weights took from the output's mean.</summary>
    private float[] BiasOf(NodeProto node, RoundedWeights rounded) =>
        node.Input.Count > 2 ? [.. _source.Read(node.Input[2]).Zip(rounded.Shift, static (own, shift) => own + shift)] : rounded.Shift;

    /// <summary>Of a sum of two convolutions' results, by what reads it: a convolution that takes bytes knows the range.</summary>
    private ActivationRange? SumRange(NodeProto node) =>
        _readers[node.Output[0]].FirstOrDefault(reader => reader.OpType == "Conv" && _source.Has(reader.Input[1])) is { } next ? _source.RangesOf(next.Input[1]).Input : null;

    private void AddSum(NodeProto node, ActivationRange range)
    {
        List<string> operands = [];
        foreach (var input in node.Input)
        {
            operands.AddRange([input + Mark, .. Parameters(_bytes[input])]);
        }

        _to.Node.Add(GraphParts.Node("QLinearAdd", node.Name, [.. operands, .. Parameters(range)], [node.Output[0] + Mark], MicrosoftDomain));
        _bytes.Add(node.Output[0], range);
    }

    private string Float(string name)
    {
        if (_constants.TryGetValue(name, out var tensor))
        {
            if (_added.Add(name))
            {
                _to.Initializer.Add(tensor.Clone());
            }
        }
        else if (_bytes.TryGetValue(name, out var range) && _floats.Add(name))
        {
            _to.Node.Add(GraphParts.Node("DequantizeLinear", name + "/float", [name + Mark, .. Parameters(range)], [name]));
        }

        return name;
    }

    private string Bytes(string name, ActivationRange range)
    {
        if (_bytes.TryAdd(name, range))
        {
            _to.Node.Add(GraphParts.Node("QuantizeLinear", name + "/int8", [name, .. Parameters(range)], [name + Mark]));
        }

        return name + Mark;
    }

    /// <summary>Scale and zero point as constants inside the graph.</summary>
    private string[] Parameters(ActivationRange range)
    {
        var scale = range.Scale;
        return
        [
            Inline(string.Create(CultureInfo.InvariantCulture, $"int8.scale_{BitConverter.SingleToUInt32Bits(scale):x8}"), OnnxType.Float, MemoryMarshal.AsBytes<float>([scale])),
            Inline(string.Create(CultureInfo.InvariantCulture, $"int8.zero_{range.ZeroPoint}"), OnnxType.UInt8, [range.ZeroPoint]),
        ];
    }

    /// <summary>Zero point of weights.</summary>
    private string Zero() => Inline("int8.zero", OnnxType.Int8, [0]);

    private string Inline(string name, OnnxType type, ReadOnlySpan<byte> value)
    {
        if (_added.Add(name))
        {
            _to.Initializer.Add(GraphParts.Constant(name, type, value));
        }

        return name;
    }

    private void StoreWeights(string weight, int outputs, Func<RoundedWeights> rounded, params long[] shape)
    {
        Stored(weight + Mark, OnnxType.Int8, TensorType.I8, () => MemoryMarshal.AsBytes<sbyte>(rounded().Bytes).ToArray(), shape);
        Stored(weight + Mark + "_scale", OnnxType.Float, TensorType.F32, () => MemoryMarshal.AsBytes<float>(rounded().Scales).ToArray(), outputs);
    }

    /// <summary>A tensor of the int8 weights file.</summary>
    private void Stored(string name, OnnxType type, TensorType stored, Func<byte[]> bytes, params long[] shape)
    {
        _weights.Add(name, stored, bytes, shape);
        if (_added.Add(name))
        {
            _to.Initializer.Add(GraphParts.Weight(name, type, shape));
        }
    }
}
