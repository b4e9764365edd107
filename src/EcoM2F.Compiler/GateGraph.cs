using System.Globalization;
using System.Text.RegularExpressions;
using EcoM2F.Compiler.Graph;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler;

/// <summary>
/// A gate's graph: pooled [B, d] -> scores [B, exits], one GEMM, for classifiers and utility gates alike. Its few kilobytes of
/// weights are inside, so that training a gate replaces one small file and no model's weights.
/// </summary>
internal static partial class GateGraph
{
    public static string FileName(string profile) => $"gate-{profile}.onnx";

    /// <summary>Whether a profile may have this name: it is part of file names and a token in headers.</summary>
    public static bool IsProfileName(string text) => ProfileName().IsMatch(text);

    /// <summary>Writes <see cref="FileName"/> into a model folder.</summary>
    /// <param name="weight">[exits, d] row by row.</param>
    /// <param name="bias">[exits].</param>
    public static void Write(string folder, string profile, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias) =>
        WriteFile(Path.Combine(folder, FileName(profile)), profile, weight, bias);

    /// <summary>Writes the graph to a file of any name.</summary>
    /// <param name="weight">[exits, d] row by row.</param>
    /// <param name="bias">[exits].</param>
    public static void WriteFile(string path, string profile, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias)
    {
        var (exits, width) = (bias.Length, weight.Length / bias.Length);
        var weights = new WeightStore();
        var g = new GraphBuilder("gate-" + profile, weights);
        var pooled = g.Input(GraphTensors.Pooled, OnnxType.Float, "batch", width.ToString(CultureInfo.InvariantCulture));
        var scores = g.Node(
            "Gemm",
            [pooled, g.Constant($"gate.{profile}.weight", weight, exits, width), g.Constant($"gate.{profile}.bias", bias, exits)],
            ("transB", 1));
        g.Output(scores, GraphTensors.Scores, OnnxType.Float, "batch", exits.ToString(CultureInfo.InvariantCulture));
        GraphFile.Write(g.Build(), weights, path);
    }

    [GeneratedRegex(@"^[a-z][a-z0-9_-]{0,31}\z")]
    private static partial Regex ProfileName();
}
