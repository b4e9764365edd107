using System.Globalization;
using EcoM2F.Compiler.Graph;
using EcoM2F.Inference.Benchmarking;
using Google.Protobuf;

namespace EcoM2F.Compiler;

/// <summary>A graph of one matrix product and nothing else, to measure what a machine gives it.</summary>
public static class PlainProductGraph
{
    /// <returns>An ONNX file: a, and b unless it is constant, to y.</returns>
    public static byte[] Build(ProductShape shape)
    {
        var g = new GraphBuilder("plain-product", new WeightStore());
        var a = Input("a", shape.Rows, shape.Inner);
        var b = shape.Batch == 1 ? g.Constant("b", Values(shape.Inner * shape.Columns), shape.Inner, shape.Columns) : Input("b", shape.Inner, shape.Columns);
        g.Output(g.MatMul(a, b), "y", OnnxType.Float, Dims(shape.Rows, shape.Columns));
        return g.Build().ToByteArray();

        Value Input(string name, long rows, long columns) => g.Input(name, OnnxType.Float, Dims(rows, columns));

        string[] Dims(long rows, long columns) => shape.Batch == 1 ? [Text(rows), Text(columns)] : [Text(shape.Batch), Text(rows), Text(columns)];
    }

    /// <summary>Between -0.5 and 0.5: no product of them is denormal or infinite, which could take longer.</summary>
    private static float[] Values(long count)
    {
        var values = new float[count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = ((i * 7919 % 1000) / 1000f) - 0.5f;
        }

        return values;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
