using System.Globalization;
using EcoM2F.Compiler.Graph;

namespace EcoM2F.Compiler;

/// <summary>
/// A gate's graph: pooled [B, d] -> scores [B, exits], one GEMM, for classifiers and utility gates alike. Its few kilobytes of
/// weights are inside, so that training a gate replaces one small file and no model's weights.
/// </summary>
public static class GateGraph
{
    public static string FileName(string profile) => $"gate-{profile}.onnx";

    /// <summary>Writes <see cref="FileName"/> into a model folder.</summary>
    /// <param name="weight">[exits, d] row by row.</param>
    /// <param name="bias">[exits].</param>
    public static void Write(string folder, string profile, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias)
    {
        var (exits, width) = (bias.Length, weight.Length / bias.Length);
        var weights = new WeightStore();
        var g = new GraphBuilder("gate-" + profile, weights);
        var pooled = g.Input("pooled", OnnxType.Float, "batch", width.ToString(CultureInfo.InvariantCulture));
        var scores = g.Node(
            "Gemm",
            [pooled, g.Constant($"gate.{profile}.weight", weight, exits, width), g.Constant($"gate.{profile}.bias", bias, exits)],
            ("transB", 1));
        g.Output(scores, "scores", OnnxType.Float, "batch", exits.ToString(CultureInfo.InvariantCulture));
        GraphFile.Write(g.Build(), weights, Path.Combine(folder, FileName(profile)));
    }
}
