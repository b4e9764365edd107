using EcoM2F.Compiler.Graph.Onnx;

namespace EcoM2F.Compiler.Costs;

/// <summary>Counts the multiply-adds of Conv, MatMul and Gemm in a graph at given input shapes. Nothing else is counted.</summary>
internal static class MultiplyAdds
{
    public static long Count(ModelProto model, IReadOnlyDictionary<string, KnownTensor> inputs)
    {
        long total = 0;
        ShapeInference.Infer(model, inputs, (node, operands, results) => total += OfNode(node.OpType, operands, results[0]));
        return total;
    }

    private static long OfNode(string op, KnownTensor[] operands, KnownTensor result) => op switch
    {
        // each output element: input channels of its group x kernel
        "Conv" => result.Elements * operands[1].Elements / operands[1].Shape[0],
        "MatMul" or "Gemm" => result.Elements * operands[0].Shape[^1],
        _ => 0,
    };
}
