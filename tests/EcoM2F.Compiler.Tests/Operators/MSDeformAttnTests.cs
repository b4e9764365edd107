using EcoM2F.Compiler.Layers;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Compiler.Tests.Operators;

/// <summary><c>ecom2f::MSDeformAttn</c> in ONNX Runtime.</summary>
public sealed class MSDeformAttnTests
{
    private const float Tolerance = 2e-5f; // GridSample's places are rounded in -1 to 1, ours in cells

    private static readonly NamedTensor Shapes = new([3, 2], [], [2, 3, 4, 6, 8, 12]);

    [Theory]
    [InlineData(8, 64, 1, 1)]
    [InlineData(8, 128, 2, 2)]
    [InlineData(8, 256, 1, 2)]
    [InlineData(4, 20, 3, 1)]
    public void Run_SameInputs_EqualsThePortableGraph(int heads, int width, int batch, int threads)
    {
        var size = new SamplingSize(width, heads, Levels: 3, Points: 4);
        var (values, projected) = Inputs(batch, 126, heads, width);
        using var fused = OperatorGraphs.Open(OperatorGraphs.BuildSampling(size, fused: true), threads);
        using var portable = OperatorGraphs.Open(OperatorGraphs.BuildSampling(size, fused: false), threads);

        var expected = OperatorGraphs.Run(portable, ("values", values), ("projected", projected), ("spatial_shapes", Shapes));
        var actual = OperatorGraphs.Run(fused, ("values", values), ("projected", projected), ("spatial_shapes", Shapes));

        TensorAssert.Close(expected, actual, Tolerance, "sampled");
    }

    [Fact]
    public void Run_BatchOfThree_EqualsSinglesToTheBit()
    {
        var (values, projected) = Inputs(3, 126, 8, 64);
        var together = projected with { Shape = [3, 126, projected.Shape[1]] };
        using var sut = OperatorGraphs.Open(OperatorGraphs.BuildOperator((8, 3, 4), references: false));

        var all = OperatorGraphs.Run(sut, ("values", values), ("projected", together), ("spatial_shapes", Shapes));

        for (var image = 0; image < 3; image++)
        {
            var alone = OperatorGraphs.Run(sut, ("values", values.Row(image)), ("projected", together.Row(image)), ("spatial_shapes", Shapes));
            TensorAssert.Close(alone, all.Row(image), 0, $"image {image}");
        }
    }

    /// <summary>With the tokens' own places given, queries are the tokens again; a part of them gives that part of the result.</summary>
    [Fact]
    public void Run_ReferencePoints_SampleAroundThem()
    {
        var (values, projected) = Inputs(1, 126, 8, 64);
        var rows = projected with { Shape = [1, 126, projected.Shape[1]] };
        using var own = OperatorGraphs.Open(OperatorGraphs.BuildOperator((8, 3, 4), references: false));
        using var given = OperatorGraphs.Open(OperatorGraphs.BuildOperator((8, 3, 4), references: true));
        var expected = OperatorGraphs.Run(own, ("values", values), ("projected", rows), ("spatial_shapes", Shapes));

        var last = 96; // the tokens of the third level
        var queries = new NamedTensor([1, last, rows.Shape[2]], rows.Floats[^(int)(last * rows.Shape[2])..]);
        var places = new NamedTensor([1, last, 3, 2], [.. Enumerable.Range(0, last).SelectMany(static i => Enumerable.Repeat(((i % 12 + 0.5f) / 12, (i / 12 + 0.5f) / 8), 3)).SelectMany(static p => new[] { p.Item1, p.Item2 })]);
        var actual = OperatorGraphs.Run(given, ("values", values), ("projected", queries), ("spatial_shapes", Shapes), ("reference_points", places));

        TensorAssert.Close(new NamedTensor([1, last, 64], expected.Floats[^(last * 64)..]), actual, 1e-6f, "sampled");
    }

    [Fact]
    public void Run_EmptyBatch_GivesNothing()
    {
        using var sut = OperatorGraphs.Open(OperatorGraphs.BuildOperator((8, 3, 4), references: false));

        var actual = OperatorGraphs.Run(sut, ("values", new([0, 126, 64], [])), ("projected", new([0, 126, 288], [])), ("spatial_shapes", Shapes));

        Assert.Equal([0, 126, 64], actual.Shape);
    }

    [Theory]
    [InlineData("values", new long[] { 1, 125, 64 }, "[1, 125, 64]")]
    [InlineData("values", new long[] { 1, 126, 63 }, "[1, 126, 63]")]
    [InlineData("projected", new long[] { 1, 126, 287 }, "[1, 126, 287]")]
    [InlineData("projected", new long[] { 1, 100, 288 }, "projected has 100 rows")]
    [InlineData("reference_points", new long[] { 1, 126, 3, 4 }, "[1, 126, 3, 4]")]
    [InlineData("reference_points", new long[] { 1, 125, 3, 2 }, "[1, 125, 3, 2]")]
    public void Run_ShapesThatDoNotFit_NamesTheInput(string input, long[] shape, string message)
    {
        var wrong = new NamedTensor(shape, new float[shape.Aggregate(1L, static (a, b) => a * b)]);
        var tensors = new Dictionary<string, NamedTensor>
        {
            ["values"] = new([1, 126, 64], new float[126 * 64]),
            ["projected"] = new([1, 126, 288], new float[126 * 288]),
            ["spatial_shapes"] = Shapes,
            [input] = wrong,
        };
        using var sut = OperatorGraphs.Open(OperatorGraphs.BuildOperator((8, 3, 4), references: input == "reference_points"));

        var error = Assert.Throws<OnnxRuntimeException>(() => OperatorGraphs.Run(sut, [.. tensors.Select(static t => (t.Key, t.Value))]));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new long[] { 2, 3, 4, 6 }, "shape [2, 2]")]
    [InlineData(new long[] { 2, 3, 4, 6, 0, 12 }, "[2] is 0 x 12")]
    [InlineData(new long[] { 2, 3, 4, 6, -8, -12 }, "[2] is -8 x -12")]
    [InlineData(new long[] { 2, 3, 4, 6, 16777216, 16777216 }, "tokens")]
    [InlineData(new long[] { 2, 3, long.MaxValue, 2, 8, 12 }, "spatial_shapes[1]")]
    public void Run_SizesThatAreNone_NamesThem(long[] sizes, string message)
    {
        using var sut = OperatorGraphs.Open(OperatorGraphs.BuildOperator((8, 3, 4), references: false));

        var error = Assert.Throws<OnnxRuntimeException>(() => OperatorGraphs.Run(
            sut,
            ("values", new([1, 126, 64], new float[126 * 64])),
            ("projected", new([1, 126, 288], new float[126 * 288])),
            ("spatial_shapes", new([sizes.Length / 2, 2], [], sizes))));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 3, 4, "attribute heads is 0")]
    [InlineData(8, -1, 4, "attribute levels is -1")]
    [InlineData(8, 3, 2000, "attribute points is 2000")]
    [InlineData(64, 3, 64, "12288")]
    public void Open_AttributeOutOfRange_NamesIt(int heads, int levels, int points, string message) => Assert.Contains(
        message,
        Assert.Throws<OnnxRuntimeException>(() => OperatorGraphs.Open(OperatorGraphs.BuildOperator((heads, levels, points), references: false))).Message,
        StringComparison.Ordinal);

    private static (NamedTensor Values, NamedTensor Projected) Inputs(int batch, int tokens, int heads, int width)
    {
        var random = new Random(heads + width);
        return (NamedTensor.Random(random, 1, batch, tokens, width), NamedTensor.Random(random, 3, batch * tokens, 3 * heads * 12));
    }
}
