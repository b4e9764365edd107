using EcoM2F.Compiler.Graph;
using Google.Protobuf;

namespace EcoM2F.TestSupport;

/// <summary>A graph of one node: x [n] -> square [n], of floats.</summary>
public static class SquareGraph
{
    public const string Input = "x";

    public const string Output = "square";

    public static void Write(string path)
    {
        var g = new GraphBuilder("square", new WeightStore());
        var x = g.Input(Input, OnnxType.Float, "n");
        g.Output(g.Mul(x, x), Output, OnnxType.Float, "n");
        File.WriteAllBytes(path, g.Build().ToByteArray());
    }
}
