using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Quantization;
using EcoM2F.Inference.Models;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests.Quantization;

public sealed class ObservedGraphTests : IDisposable
{
    private const int Inputs = 3;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Of many rows every third, of few all; as columns.</summary>
    [Theory]
    [InlineData(2, 5, 1)]
    [InlineData(1, 2047, 1)]
    [InlineData(2, 1250, 3)]
    public void Of_Product_GivesRowsOfItsInput(int batch, int rows, int step)
    {
        var input = Enumerable.Range(0, batch * rows * Inputs).Select(static i => (float)i).ToArray();

        var observed = Observe(new NamedTensor([batch, rows, Inputs], input), static (_, x) => x, GraphStages.Encoder);

        var (name, values) = Assert.Single(observed);
        Assert.Equal("x" + ObservedGraph.Rows, name);
        var taken = ((batch * rows) + step - 1) / step;
        Assert.Equal([Inputs, taken], values.Shape);
        Assert.Equal(Enumerable.Range(0, Inputs * taken).Select(i => input[(i % taken * step * Inputs) + (i / taken)]), values.Floats);
    }

    /// <summary>A ReLU's range begins at 0; a decoder's few rows have none.</summary>
    [Fact]
    public void Of_ProductBehindARelu_GivesExtremesToo()
    {
        var input = new NamedTensor([1, 2, Inputs], [-5, 2, 3, -4, 7, -6]);

        var encoder = Observe(input, static (g, x) => g.Relu(x), GraphStages.Encoder);
        var decoder = Observe(input, static (g, x) => g.Relu(x), GraphStages.Decoder);

        Assert.Equal(0, encoder.Single(static output => output.Key.EndsWith(ObservedGraph.Least, StringComparison.Ordinal)).Value.Floats[0]);
        Assert.Equal(7, encoder.Single(static output => output.Key.EndsWith(ObservedGraph.Largest, StringComparison.Ordinal)).Value.Floats[0]);
        Assert.EndsWith(ObservedGraph.Rows, Assert.Single(decoder).Key, StringComparison.Ordinal);
    }

    private Dictionary<string, NamedTensor> Observe(NamedTensor x, Func<GraphBuilder, Value, Value> before, string stage)
    {
        var store = new WeightStore();
        store.Add("w.weight", static () => new float[Inputs * 2], Inputs, 2);
        var g = new GraphBuilder("product", store);
        g.Output(g.Node("MatMul", [before(g, g.Input("x", OnnxType.Float, "batch", "rows", "3")), g.Weight("w.weight")]), "y", OnnxType.Float, "batch", "rows", "2");
        var model = g.Build();
        var layers = ObservedLayer.Find(model.Graph, QuantizableLayers.Find(model, stage));
        store.Write(_folder.Path);
        GraphFile.Write(ObservedGraph.Of(model, layers), store, _folder["graph.onnx"]);
        using var runner = new ModelRunner(_folder.Path);
        return runner.Run("graph.onnx", new() { ["x"] = x });
    }
}
