using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Compiler.Tests.Operators;

/// <summary><c>ecom2f::AddLayerNorm</c> in ONNX Runtime.</summary>
public sealed class AddLayerNormTests
{
    private const float Tolerance = 1e-5f; // sums in another order

    [Theory]
    [InlineData(128, 1)]
    [InlineData(256, 200)]
    [InlineData(24, 65)]
    [InlineData(12, 3)]
    [InlineData(7, 130)]
    [InlineData(1, 2)]
    public void Run_SameInputs_EqualsTheStandardOperators(int width, int rows)
    {
        var random = new Random(width);
        (string, NamedTensor)[] inputs =
        [
            ("x", NamedTensor.Random(random, 3, rows, width)), ("residual", NamedTensor.Random(random, 3, rows, width)),
            ("scale", NamedTensor.Random(random, 1, width)), ("shift", NamedTensor.Random(random, 1, width)),
        ];
        using var fused = OperatorGraphs.Open(OperatorGraphs.BuildNorm(width, fused: true));
        using var standard = OperatorGraphs.Open(OperatorGraphs.BuildNorm(width, fused: false));

        TensorAssert.Close(OperatorGraphs.Run(standard, inputs), OperatorGraphs.Run(fused, inputs), Tolerance, "normal");
    }

    [Theory]
    [InlineData(96)]
    [InlineData(7)]
    public void Run_WithoutResidual_EqualsLayerNormalization(int width)
    {
        var random = new Random(width);
        (string, NamedTensor)[] inputs =
            [("x", NamedTensor.Random(random, 3, 70, width)), ("scale", NamedTensor.Random(random, 1, width)), ("shift", NamedTensor.Random(random, 1, width))];
        using var fused = OperatorGraphs.Open(OperatorGraphs.BuildNorm(width, fused: true, add: false));
        using var standard = OperatorGraphs.Open(OperatorGraphs.BuildNorm(width, fused: false, add: false));

        TensorAssert.Close(OperatorGraphs.Run(standard, inputs), OperatorGraphs.Run(fused, inputs), Tolerance, "normal");
    }

    [Theory]
    [InlineData("residual", 3, 24)]
    [InlineData("scale", 23, 0)]
    [InlineData("shift", 25, 0)]
    public void Run_ShapesThatDoNotFit_NamesTheInput(string input, int first, int second)
    {
        long[] shape = second == 0 ? [first] : [first, second];
        var tensors = new Dictionary<string, NamedTensor>
        {
            ["x"] = new([2, 24], new float[48]),
            ["residual"] = new([2, 24], new float[48]),
            ["scale"] = new([24], new float[24]),
            ["shift"] = new([24], new float[24]),
            [input] = new(shape, new float[shape.Aggregate(1L, static (a, b) => a * b)]),
        };
        using var sut = OperatorGraphs.Open(OperatorGraphs.BuildNorm(24, fused: true));

        var error = Assert.Throws<OnnxRuntimeException>(() => OperatorGraphs.Run(sut, [.. tensors.Select(static t => (t.Key, t.Value))]));

        Assert.Contains($"AddLayerNorm: {input} has shape", error.Message, StringComparison.Ordinal);
    }
}
