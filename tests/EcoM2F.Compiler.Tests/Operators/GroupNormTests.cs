using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Compiler.Tests.Operators;

/// <summary><c>ecom2f::GroupNorm</c> in ONNX Runtime.</summary>
public sealed class GroupNormTests
{
    private const float Tolerance = 2e-5f; // sums in another order

    [Theory]
    [InlineData(32, 8, 8, true, false)]
    [InlineData(64, 24, 40, true, true)]
    [InlineData(128, 80, 112, true, false)]
    [InlineData(64, 7, 9, false, true)]
    [InlineData(32, 1, 1, false, false)]
    public void Run_SameInputs_EqualsTheStandardOperators(int channels, int height, int width, bool add, bool relu)
    {
        var random = new Random(channels);
        var inputs = new List<(string, NamedTensor)>
        {
            ("x", NamedTensor.Random(random, 3, 2, channels, height, width)), ("scale", NamedTensor.Random(random, 1, channels)), ("shift", NamedTensor.Random(random, 1, channels)),
        };
        if (add)
        {
            inputs.Add(("coarse", NamedTensor.Random(random, 2, 2, channels, height / 2, width / 2)));
        }

        using var fused = OperatorGraphs.Open(OperatorGraphs.BuildGroupNorm(channels, fused: true, add, relu));
        using var standard = OperatorGraphs.Open(OperatorGraphs.BuildGroupNorm(channels, fused: false, add, relu));

        TensorAssert.Close(OperatorGraphs.Run(standard, [.. inputs]), OperatorGraphs.Run(fused, [.. inputs]), Tolerance, "normal");
    }

    [Theory]
    [InlineData("x", 1, 33, 4, 4)]
    [InlineData("x", 1, 32, 4, 5)]
    [InlineData("x", 32, 4, 4)]
    [InlineData("coarse", 1, 32, 4, 4)]
    [InlineData("scale", 31)]
    [InlineData("shift", 64)]
    public void Run_ShapesThatDoNotFit_NamesTheInput(string input, params int[] shape)
    {
        var tensors = new Dictionary<string, NamedTensor> { ["x"] = Zeros(1, 32, 4, 4), ["coarse"] = Zeros(1, 32, 2, 2), ["scale"] = Zeros(32), ["shift"] = Zeros(32), [input] = Zeros(shape) };
        using var sut = OperatorGraphs.Open(OperatorGraphs.BuildGroupNorm(32, fused: true, add: true, relu: false));

        var error = Assert.Throws<OnnxRuntimeException>(() => OperatorGraphs.Run(sut, [.. tensors.Select(static tensor => (tensor.Key, tensor.Value))]));

        Assert.Contains(shape.Length == 3 ? "Invalid rank for input: x" : $"GroupNorm: {input} has shape", error.Message, StringComparison.Ordinal);
    }

    private static NamedTensor Zeros(params int[] shape) => new([.. shape.Select(static side => (long)side)], new float[shape.Aggregate(1, static (a, b) => a * b)]);
}
