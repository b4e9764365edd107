using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler.Quantization;

/// <summary>
/// Which layers of a graph may be computed on 8 bits: products and convolutions whose weights are constant, but for the one that reads the
/// image, which three channels make slower on 8 bits and everything after depends on; for those that say where to sample; and for the heads,
/// whose results are compared with thresholds.
/// </summary>
internal static class QuantizableLayers
{
    /// <summary>Parts of the names of weights that stay fp32: places and weights of samples, classes, masks, boxes, queries' reference points.</summary>
    private static readonly string[] Exact =
    [
        "sampling_offsets", "attention_weights", "class_predictor", "class_embed", "class_labels_classifier", "mask_embedder", "mask_projection",
        "bbox_embed", "bbox_predictor", "reference_points",
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
            if (IsQuantizable(node, weights) && node.Input[0] != GraphTensors.PixelValues)
            {
                var weight = node.Input[1];
                found.TryAdd(weight, new QuantizableLayer(NameOf(weight), weight, stage, GroupOf(node, stage)));
            }
        }

        return [.. found.Values];
    }

    private static bool IsQuantizable(NodeProto node, Dictionary<string, TensorProto> weights) =>
        node.OpType is "Conv" or "Gemm" or "MatMul"
        && weights.TryGetValue(node.Input[1], out var weight)
        && (node.OpType == "Conv" || (weight.Dims.Count == 2 && node.Attribute.Count == 0))
        && !node.Name.StartsWith(HalfPrecision.ExactScope + "/", StringComparison.Ordinal)
        && !weight.Name.StartsWith(Adapter, StringComparison.Ordinal)
        && !Exact.Any(part => weight.Name.Contains(part, StringComparison.Ordinal));

    private static string NameOf(string weight) => weight.EndsWith(".weight", StringComparison.Ordinal) ? weight[..^".weight".Length] : weight;

    private static string GroupOf(NodeProto node, string stage) => (stage, node.OpType) switch
    {
        (GraphStages.Stem, "Conv") => "backbone convolutions",
        (GraphStages.Stem, _) => "backbone products",
        (GraphStages.Decoder, "Conv") => "decoder convolutions",
        (GraphStages.Decoder, _) => "decoder products",
        _ when node.Input[1].Contains(".fc", StringComparison.Ordinal) => "encoder feed-forward",
        _ => "encoder projections",
    };
}
