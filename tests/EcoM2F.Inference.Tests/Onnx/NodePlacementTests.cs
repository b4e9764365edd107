using System.Text;
using EcoM2F.Inference.Onnx;

namespace EcoM2F.Inference.Tests.Onnx;

public sealed class NodePlacementTests
{
    [Fact]
    public void FindElsewhere_NodeOnCpu_IsNamed()
    {
        const string Profile = """
            [{"cat":"Session","name":"model_loading","args":{}},
             {"cat":"Node","name":"/encoder/GridSample_kernel_time","args":{"op_name":"GridSample","provider":"CPUExecutionProvider","output_type_shape":[{"float":[1,16,32,32]}]}},
             {"cat":"Node","name":"/encoder/MatMul_kernel_time","args":{"op_name":"MatMul","provider":"CUDAExecutionProvider","output_type_shape":[{"float":[1,16]}]}}]
            """;

        Assert.Equal(["GridSample (/encoder/GridSample)"], Find(Profile));
    }

    [Theory]
    [InlineData("int64", "[4]", 0)]
    [InlineData("int64", "[]", 0)]
    [InlineData("int64", "[1000]", 1)]
    [InlineData("float", "[4]", 1)]
    public void FindElsewhere_ShapeArithmetic_IsNoFault(string type, string shape, int expected)
    {
        var profile = $$$"""[{"name":"n","args":{"op_name":"Concat","provider":"CPUExecutionProvider","output_type_shape":[{"{{{type}}}":{{{shape}}} }]}}]""";

        Assert.Equal(expected, Find(profile).Count);
    }

    private static IReadOnlyList<string> Find(string profile) =>
        NodePlacement.FindElsewhere(new MemoryStream(Encoding.UTF8.GetBytes(profile)), "CUDAExecutionProvider");
}
