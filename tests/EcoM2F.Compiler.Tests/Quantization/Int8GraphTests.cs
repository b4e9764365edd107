using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Compiler.Quantization;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests.Quantization;

/// <summary>Small graphs, converted and run in ONNX Runtime on this machine's own kernels.</summary>
public sealed class Int8GraphTests : IDisposable
{
    private const int Inner = 256;

    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, float[]> _values = new(StringComparer.Ordinal);
    private readonly WeightStore _weights = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Every product is the largest there is: where a pair of them saturated, the sum would be a half too small.</summary>
    [Theory]
    [InlineData(1, false)]
    [InlineData(-1, false)]
    [InlineData(1, true)]
    [InlineData(-1, true)]
    public void Product_LargestValues_DoNotSaturate(float weight, bool hasRange)
    {
        var g = new GraphBuilder("product", _weights);
        var x = g.Input("x", OnnxType.Float, "rows", "256");
        g.Output(g.Node("Gemm", [x, Weight(g, "w.weight", weight, Inner, 32), Weight(g, "w.bias", 3, 32)]), "y", OnnxType.Float, "rows", "32");

        var y = Run(g.Build(), new Dictionary<string, LayerCalibration> { ["w.weight"] = new(hasRange ? ActivationRange.Of(0, 1) : null) }, new NamedTensor([5, Inner], Filled(5 * Inner, 1)));

        Assert.All(y.Floats, value => Assert.Equal((weight * Inner) + 3, value, 0.01 * Inner));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 16)] // depthwise
    [InlineData(-1, 1)]
    public void Convolution_LargestValues_DoNotSaturate(float weight, int groups)
    {
        const int channels = 16;
        var products = channels / groups * 9;
        var g = new GraphBuilder("convolution", _weights);
        var x = g.Input("x", OnnxType.Float, "batch", "16", "height", "width");
        var y = g.Node(
            "Conv", [x, Weight(g, "c.weight", weight, channels, channels / groups, 3, 3), Weight(g, "c.bias", 2, channels)],
            ("kernel_shape", new long[] { 3, 3 }), ("strides", new long[] { 1, 1 }), ("pads", new long[] { 0, 0, 0, 0 }), ("group", groups));
        g.Output(y, "y", OnnxType.Float, "batch", "16", "h", "w");
        var ranges = new LayerCalibration(ActivationRange.Of(0, 1), ActivationRange.Of(-2 * products, 2 * products));

        var result = Run(g.Build(), new Dictionary<string, LayerCalibration> { ["c.weight"] = ranges }, new NamedTensor([1, channels, 6, 6], Filled(channels * 36, 1)));

        Assert.All(result.Floats, value => Assert.Equal((weight * products) + 2, value, 0.02 * products));
    }

    /// <summary>The range begins at 0 and cuts off what a ReLU would; where a float is read too, that one stays.</summary>
    [Theory]
    [InlineData(false, "DynamicQuantizeMatMul", "QuantizeLinear", "MatMulIntegerToFloat")]
    [InlineData(true, "DynamicQuantizeMatMul", "Relu", "QuantizeLinear", "MatMulIntegerToFloat", "Add")]
    public void Product_BehindARelu_TakesItsRangeForIt(bool isReadTwice, params string[] operators)
    {
        var g = new GraphBuilder("feed-forward", _weights);
        var x = g.Input("x", OnnxType.Float, "rows", "256");
        var hidden = g.Relu(g.Node("Gemm", [x, Weight(g, "a.weight", Noise(1), Inner, Inner), Weight(g, "a.bias", 0.5f, Inner)]));
        var second = g.Node("Gemm", [hidden, Weight(g, "b.weight", Noise(2), Inner, Inner), Weight(g, "b.bias", 0.25f, Inner)]);
        g.Output(isReadTwice ? g.Add(second, hidden) : second, "y", OnnxType.Float, "rows", "256");
        var model = g.Build();
        var input = new NamedTensor([7, Inner], [.. Enumerable.Range(0, 7 * Inner).Select(static i => MathF.Sin(i * 0.7f))]);
        var expected = Run(model, [], input);
        var layers = new Dictionary<string, LayerCalibration> { ["a.weight"] = new(), ["b.weight"] = new(ActivationRange.Of(0, 30)) };

        var (converted, actual) = (Operators(Convert(model, layers)), Run(model, layers, input));

        Assert.Equal(operators, converted);
        var largest = expected.Floats.Max(Math.Abs);
        Assert.All(expected.Floats.Zip(actual.Floats), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 0.02 * largest));
    }

    /// <summary>Inputs that go together: rounded by what is known of them, a product without a bias comes nearer to that of floats.</summary>
    [Fact]
    public void Product_KnownInput_IsNearerThanByNearestBytes()
    {
        const int rows = 200;
        var input = Enumerable.Range(0, rows * Inner).Select(static i => 1 + MathF.Sin((i / Inner * 0.3f) + (i % 4)) + (0.1f * MathF.Sin(i * 1.7f))).ToArray();
        var weights = Enumerable.Range(0, Inner * 32).Select(static i => MathF.Cos(i * 1.3f) * (1 + (i % 7))).ToArray();
        var g = new GraphBuilder("product", _weights);
        var x = g.Input("x", OnnxType.Float, "rows", "256");
        g.Output(g.Node("MatMul", [x, Weight(g, "w.weight", weights, Inner, 32)]), "y", OnnxType.Float, "rows", "32");
        var model = g.Build();
        var moments = new InputMoments(groups: 1, Inner);
        moments.Add(Int8Weights.Transpose<float>(input, Inner));

        var (nearest, rounded) = (Error(new LayerCalibration()), Error(new LayerCalibration(Moments: moments)));

        Assert.True(rounded < 0.7 * nearest, $"{rounded} of {nearest}");

        double Error(LayerCalibration calibration)
        {
            using var folder = new TemporaryFolder();
            var store = new WeightStore();
            var source = new Int8Source(new Dictionary<string, LayerCalibration> { ["w.weight"] = calibration }, name => _values[name]);
            var converted = Int8Graph.Convert(model, source, store);
            store.Write(folder.Path);
            GraphFile.Write(converted, store, folder["graph.onnx"]);
            using var runner = new ModelRunner(folder.Path);
            var y = runner.Run("graph.onnx", new() { ["x"] = new NamedTensor([rows, Inner], input) })["y"].Floats;
            return Math.Sqrt(Enumerable.Range(0, rows * 32).Average(at => Math.Pow(y[at] - Enumerable.Range(0, Inner).Sum(i => (double)input[(at / 32 * Inner) + i] * weights[(i * 32) + (at % 32)]), 2)));
        }
    }

    /// <summary>Two convolutions, the first with ReLU6, their sum, and a third: all of it stays on bytes, and gives what floats give.</summary>
    [Fact]
    public void Convolutions_InARow_StayOnBytes()
    {
        var g = new GraphBuilder("row", _weights);
        var x = g.Input("x", OnnxType.Float, "batch", "3", "height", "width");
        var first = Conv(g, x, "a", 3, 8);
        var clipped = g.Node("Clip", [first, g.Scalar(0f), g.Scalar(6f)]);
        var sum = g.Add(clipped, Conv(g, clipped, "b", 8, 8));
        g.Output(g.Relu(Conv(g, sum, "c", 8, 4)), "y", OnnxType.Float, "batch", "4", "h", "w");
        var model = g.Build();
        var input = new NamedTensor([1, 3, 8, 8], [.. Enumerable.Range(0, 192).Select(static i => MathF.Sin(i * 0.7f) * 2)]);
        var expected = Run(model, [], input);
        var layers = new Dictionary<string, LayerCalibration>
        {
            ["a.weight"] = new(ActivationRange.Of(-2, 2), ActivationRange.Of(0, 6)),
            ["b.weight"] = new(ActivationRange.Of(0, 6), ActivationRange.Of(-12, 12)),
            ["c.weight"] = new(ActivationRange.Of(-12, 15), ActivationRange.Of(0, 20)),
        };

        var (operators, actual) = (Operators(Convert(model, layers)), Run(model, layers, input));

        Assert.Equal(["QuantizeLinear", "QLinearConv", "QLinearConv", "QLinearAdd", "QLinearConv", "DequantizeLinear"], operators);
        Assert.Equal(expected.Shape, actual.Shape);
        Assert.All(expected.Floats.Zip(actual.Floats), static pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 0.4));
        Assert.Contains(expected.Floats, static value => value > 2); // or the comparison says nothing
    }

    [Fact]
    public void Convert_LayerThatIsNotNamed_StaysAsItIs()
    {
        var g = new GraphBuilder("two", _weights);
        var x = g.Input("x", OnnxType.Float, "batch", "3", "height", "width");
        g.Output(Conv(g, Conv(g, x, "a", 3, 8), "b", 8, 4), "y", OnnxType.Float, "batch", "4", "h", "w");

        var operators = Operators(Convert(g.Build(), new Dictionary<string, LayerCalibration> { ["a.weight"] = new(ActivationRange.Of(-2, 2), ActivationRange.Of(-9, 9)) }));

        Assert.Equal(["QuantizeLinear", "QLinearConv", "DequantizeLinear", "Conv"], operators);
    }

    /// <returns>[<see cref="Inner"/>, Inner], from -1 to 1: sums of either sign.</returns>
    private static float[] Noise(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Inner * Inner).Select(_ => (random.NextSingle() * 2) - 1)];
    }

    private static float[] Waves(int count) => [.. Enumerable.Range(0, count).Select(static i => MathF.Cos(i * 1.3f))];

    private static IReadOnlyList<string> Operators(ModelProto model) => [.. model.Graph.Node.Select(static node => node.OpType)];

    private static float[] Filled(int count, float value) => [.. Enumerable.Repeat(value, count)];

    private Value Conv(GraphBuilder g, Value x, string name, int inputs, int outputs)
    {
        return g.Node(
            "Conv", [x, Weight(g, name + ".weight", Waves(inputs * outputs), outputs, inputs, 1, 1), Weight(g, name + ".bias", 0.5f, outputs)],
            ("kernel_shape", new long[] { 1, 1 }), ("strides", new long[] { 1, 1 }), ("pads", new long[] { 0, 0, 0, 0 }), ("group", 1));
    }

    private Value Weight(GraphBuilder g, string name, float value, params long[] shape) => Weight(g, name, Filled((int)shape.Aggregate(1L, static (product, size) => product * size), value), shape);

    private Value Weight(GraphBuilder g, string name, float[] values, params long[] shape)
    {
        _values[name] = values;
        _weights.Add(name, () => values, shape);
        return g.Weight(name);
    }

    private ModelProto Convert(ModelProto model, Dictionary<string, LayerCalibration> layers) =>
        Int8Graph.Convert(model, new Int8Source(layers, name => _values[name]), _weights);

    private NamedTensor Run(ModelProto model, Dictionary<string, LayerCalibration> layers, NamedTensor x)
    {
        var converted = Convert(model, layers);
        _weights.Write(_folder.Path);
        GraphFile.Write(converted, _weights, _folder["graph.onnx"]);
        using var runner = new ModelRunner(_folder.Path);
        return runner.Run("graph.onnx", new() { ["x"] = x })["y"];
    }
}
