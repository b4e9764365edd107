using System.Globalization;
using System.Text.RegularExpressions;
using EcoM2F.Compiler.Graph;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler;

/// <summary>
/// A gate's graph: pooled [B, d] -> scores [B, points], one GEMM, for classifiers and utility gates alike; with a guard a last column, the
/// leverage. Its few kilobytes of weights are inside, so that training a gate replaces one small file and no model's weights.
/// </summary>
internal static partial class GateGraph
{
    public static string FileName(string profile) => $"gate-{profile}.onnx";

    /// <summary>Whether a profile may have this name: it is part of file names and a token in headers.</summary>
    public static bool IsProfileName(string text) => ProfileName().IsMatch(text);

    /// <summary>Writes <see cref="FileName"/> into a model folder.</summary>
    /// <param name="weight">[points, d] row by row.</param>
    /// <param name="bias">[points].</param>
    public static void Write(string folder, string profile, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias) =>
        WriteFile(Path.Combine(folder, FileName(profile)), profile, weight, bias);

    /// <summary>Writes the graph to a file of any name.</summary>
    /// <param name="weight">[points, d] row by row.</param>
    /// <param name="bias">[points].</param>
    /// <param name="leverage">For the guard; null: the gate has none.</param>
    public static void WriteFile(string path, string profile, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, GateLeverage? leverage = null)
    {
        var (points, width) = (bias.Length, weight.Length / bias.Length);
        var weights = new WeightStore();
        var g = new GraphBuilder("gate-" + profile, weights);
        var pooled = g.Input(GraphTensors.Pooled, OnnxType.Float, "batch", width.ToString(CultureInfo.InvariantCulture));
        var scores = g.Node(
            "Gemm",
            [pooled, g.Constant($"gate.{profile}.weight", weight, points, width), g.Constant($"gate.{profile}.bias", bias, points)],
            ("transB", 1));
        if (leverage is not null)
        {
            scores = g.Node("Concat", [scores, Leverage(g, profile, pooled, leverage, width)], ("axis", 1));
        }

        var columns = leverage is null ? points : points + 1;
        g.Output(scores, GraphTensors.Scores, OnnxType.Float, "batch", columns.ToString(CultureInfo.InvariantCulture));
        GraphFile.Write(g.Build(), weights, path);
    }

    private static Value Leverage(GraphBuilder g, string profile, Value pooled, GateLeverage leverage, int width)
    {
        var centred = g.Node("Sub", [pooled, g.Constant($"gate.{profile}.guard.mean", leverage.Mean, width)]); // the difference of large numbers first
        var whitened = g.Node("MatMul", [centred, g.Constant($"gate.{profile}.guard.weight", leverage.Weight, width, width)]);
        return g.Node("ReduceSumSquare", [whitened], ("axes", new long[] { 1 }), ("keepdims", 1)); // [B, 1]
    }

    [GeneratedRegex(@"^[a-z][a-z0-9_-]{0,31}\z")]
    private static partial Regex ProfileName();
}
