using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler.Quantization;

/// <summary>
/// Which layers of a graph may be computed on 8 bits: products and convolutions whose weights are constant, but for the one that reads the
/// image, which three channels make slower on 8 bits and everything after depends on; for the heads, whose results are compared with
/// thresholds; and, outside of an encoder, for those that say where to sample.
/// </summary>
internal static class QuantizableLayers
{
    /// <summary>Part of the names of weights that say where an encoder's or decoder's deformable attention samples, and with which weights.</summary>
    private const string Sampling = "sampling_offsets";

    /// <summary>Parts of the names of weights that stay fp32: classes, masks, boxes, queries' reference points.</summary>
    private static readonly string[] Exact =
    [
        "class_predictor", "class_embed", "class_labels_classifier", "mask_embedder", "mask_projection", "bbox_embed", "bbox_predictor", "reference_points",
    ];

    /// <summary>What weights of adapters begin with: they are small, and fitted to fp32 tokens.</summary>
    private const string Adapter = "adapter.";

    /// <param name="stage">One of <see cref="GraphStages"/>.</param>
    /// <returns>In the graph's order, each once.</returns>
    public static IReadOnlyList<QuantizableLayer> Find(ModelProto model, string stage)
    {
        var weights = model.Graph.Initializer
            .Where(static tensor => tensor.DataLocation == TensorProto.Types.DataLocation.External && tensor.DataType == (int)OnnxType.Float)
            .ToDictionary(static tensor => tensor.Name, StringComparer.Ordinal);
        var found = new Dictionary<string, QuantizableLayer>(StringComparer.Ordinal);
        foreach (var node in model.Graph.Node)
        {
            if (IsQuantizable(node, stage, weights) && node.Input[0] != GraphTensors.PixelValues)
            {
                var weight = node.Input[1];
                found.TryAdd(weight, new QuantizableLayer(NameOf(weight), weight, stage, GroupOf(node, stage)));
            }
        }

        return [.. found.Values];
    }

    private static bool IsQuantizable(NodeProto node, string stage, Dictionary<string, TensorProto> weights) =>
        node.OpType is "Conv" or "Gemm" or "MatMul"
        && weights.TryGetValue(node.Input[1], out var weight)
        && (node.OpType == "Conv" || (weight.Dims.Count == 2 && node.Attribute.Count == 0))
        && (IsSampling(weight.Name) ? stage != GraphStages.Decoder : !node.Name.StartsWith(HalfPrecision.ExactScope + "/", StringComparison.Ordinal))
        && !weight.Name.StartsWith(Adapter, StringComparison.Ordinal)
        && !Exact.Any(part => weight.Name.Contains(part, StringComparison.Ordinal));

    /// <summary>A decoder has few queries: nothing would be gained.</summary>
    private static bool IsSampling(string weight) => weight.Contains(Sampling, StringComparison.Ordinal);

    private static string NameOf(string weight) => weight.EndsWith(".weight", StringComparison.Ordinal) ? weight[..^".weight".Length] : weight;

    private static string GroupOf(NodeProto node, string stage) => (stage, node.OpType) switch
    {
        (GraphStages.Stem, "Conv") => "backbone convolutions",
        (GraphStages.Stem, _) => "backbone products",
        (GraphStages.Decoder, "Conv") => "decoder convolutions",
        (GraphStages.Decoder, _) => "decoder products",
        _ when node.Input[1].Contains(".fc", StringComparison.Ordinal) => "encoder feed-forward",
        _ when IsSampling(node.Input[1]) => "encoder sampling",
        _ => "encoder projections",
    };
}
