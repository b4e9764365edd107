using System.Globalization;
using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler.Architectures;

/// <summary>The two graphs of an encoder, whatever its layers are. Names of outputs are the contract with the engine.</summary>
/// <param name="weights">Where the layers' weights go.</param>
/// <param name="width">d, as the graphs declare it.</param>
internal sealed class EncoderGraph(WeightStore weights, string width)
{
    /// <param name="layers">Builds that many layers; gives the output of each, [B, N, d].</param>
    /// <returns>encoder [B, N, d] after <paramref name="depth"/> layers.</returns>
    public ModelProto At(int depth, Func<GraphBuilder, int, IReadOnlyList<Value>> layers)
    {
        var g = new GraphBuilder($"encoder-{Text(depth)}", weights);
        g.Output(layers(g, depth)[^1], GraphTensors.Encoder, OnnxType.Float, "batch", "tokens", width);
        return g.Build();
    }

    /// <param name="depth">Of the whole encoder.</param>
    /// <returns>encoder_1 to encoder_K, the output of every layer.</returns>
    public ModelProto Exits(int depth, Func<GraphBuilder, int, IReadOnlyList<Value>> layers)
    {
        var g = new GraphBuilder("encoder-exits", weights);
        var outputs = layers(g, depth);
        for (var i = 0; i < outputs.Count; i++)
        {
            g.Output(outputs[i], GraphTensors.EncoderAt(i + 1), OnnxType.Float, "batch", "tokens", width);
        }

        return g.Build();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
