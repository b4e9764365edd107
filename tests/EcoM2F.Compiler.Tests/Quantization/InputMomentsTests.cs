using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Compiler.Quantization;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests.Quantization;

public sealed class InputMomentsTests : IDisposable
{
    private const int Channels = 8;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>What is gathered, times the weights, is what ONNX Runtime's convolution gives.</summary>
    [Theory]
    [InlineData(1, 1, 1, 0, 1)]
    [InlineData(1, 3, 1, 1, 1)]
    [InlineData(1, 3, 2, 1, 1)]
    [InlineData(Channels, 3, 2, 1, 1)]
    [InlineData(2, 2, 2, 0, 1)]
    [InlineData(Channels, 3, 1, 2, 2)]
    public void Gather_TimesTheWeights_IsTheConvolution(int groups, int kernel, int stride, int pad, int dilation)
    {
        const int outputs = 16;
        long[] weightShape = [outputs, Channels / groups, kernel, kernel];
        var (input, weights) = (Numbers(1, Channels * 9 * 7), Numbers(2, (int)weightShape.Aggregate(static (a, b) => a * b)));
        var model = Convolution(weights, weightShape, ("strides", new long[] { stride, stride }), ("pads", new long[] { pad, pad, pad, pad }), ("dilations", new long[] { dilation, dilation }), ("group", groups));
        var expected = Run(model, new NamedTensor([1, Channels, 9, 7], input));

        var window = ConvolutionWindow.Of(model.Graph.Node.Single(static node => node.OpType == "Conv"), weightShape);
        var (height, width) = window.OutputOf(9, 7);
        var columns = new float[window.Length * height * width];
        Assert.Equal([1, outputs, height, width], expected.Shape);
        for (var output = 0; output < outputs; output++)
        {
            window.Gather(input, 9, 7, output / (outputs / groups), step: 1, columns);
            for (var place = 0; place < height * width; place++)
            {
                var sum = Enumerable.Range(0, window.Length).Sum(i => weights[(output * window.Length) + i] * columns[(i * height * width) + place]);
                Assert.Equal(expected.Floats[(output * height * width) + place], sum, 1e-4f);
            }
        }
    }

    [Fact]
    public void Gather_EveryThirdPlace_IsEveryThirdOfAll()
    {
        var window = new ConvolutionWindow(1, 2, (3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1));
        var input = Numbers(3, 2 * 5 * 6);
        var (all, third) = (new float[window.Length * 30], new float[window.Length * 10]);
        window.Gather(input, 5, 6, group: 0, step: 1, all);
        window.Gather(input, 5, 6, group: 0, step: 3, third);

        Assert.Equal(Enumerable.Range(0, third.Length).Select(i => all[(i / 10 * 30) + (i % 10 * 3)]), third);
    }

    [Fact]
    public void Add_TwoPhotographs_GivesMeanAndCovarianceOfAllPlaces()
    {
        var moments = new InputMoments(groups: 1, length: 2);
        moments.Add([1, 2, 3, 4, 2, 4, 6, 8]);
        moments.Add([5, 10]);

        Assert.Equal([3, 6], moments.MeanOf(0));
        var covariance = moments.CovarianceOf(0);
        Assert.Equal([2, 4, 8], [covariance[0], covariance[2], covariance[3]]);
    }

    [Fact]
    public void Add_TwoGroups_KeepsThemApart()
    {
        var moments = new InputMoments(groups: 2, length: 1);
        moments.Add([1, 3, 10, 10]);

        Assert.Equal([2.0, 10.0], [moments.MeanOf(0)[0], moments.MeanOf(1)[0]]);
        Assert.Equal([1.0, 0.0], [moments.CovarianceOf(0)[0], moments.CovarianceOf(1)[0]]);
    }

    [Fact]
    public void Add_LongVectors_KeepsTheirMean()
    {
        var @long = new InputMoments(groups: 1, length: 2000);
        @long.Add(Numbers(4, 2000));

        Assert.False(@long.HasCovariance);
        Assert.Equal(Numbers(4, 2000).Select(static value => (double)value), @long.MeanOf(0));
    }

    /// <summary>Some places speak for all.</summary>
    [Fact]
    public void Columns_LargePhotograph_AreOfPlacesThatLieEvenly()
    {
        var values = Enumerable.Range(0, 200 * 200).Select(static i => (float)(i % 2)).ToArray();

        var columns = new ConvolutionWindow(1, 1, (1, 1), (1, 1), default, (1, 1)).Columns(values, 200, 200);

        Assert.InRange(columns.Length, 1000, 1100);
        Assert.Equal(0.5, columns.Average(), 0.01);
    }

    private static float[] Numbers(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];
    }

    private ModelProto Convolution(float[] weights, long[] shape, params (string Name, object Value)[] attributes)
    {
        var store = new WeightStore();
        store.Add("weight", () => weights, shape);
        var g = new GraphBuilder("convolution", store);
        var x = g.Input("x", OnnxType.Float, "batch", "8", "height", "width");
        g.Output(g.Node("Conv", [x, g.Weight("weight")], [("kernel_shape", new[] { shape[2], shape[3] }), .. attributes]), "y", OnnxType.Float, "batch", "16", "h", "w");
        var model = g.Build();
        store.Write(_folder.Path);
        GraphFile.Write(model, store, _folder["graph.onnx"]);
        return model;
    }

    private NamedTensor Run(ModelProto model, NamedTensor x)
    {
        Assert.NotNull(model);
        using var runner = new ModelRunner(_folder.Path);
        return runner.Run("graph.onnx", new() { ["x"] = x })["y"];
    }
}
