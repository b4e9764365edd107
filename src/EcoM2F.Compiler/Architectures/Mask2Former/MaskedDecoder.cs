using System.Globalization;
using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Layers;

namespace EcoM2F.Compiler.Architectures.Mask2Former;

/// <summary>
/// <c>model.transformer_module</c> and <c>class_predictor</c>: queries that look at one feature level after the other, each
/// inside the mask it predicted last. Masks in between are made at the size of the level that they steer; only the last one
/// is made at stride 4, and classes only once.
/// </summary>
internal sealed class MaskedDecoder
{
    private const string Prefix = "model.transformer_module";

    private readonly LayerBuilder _b;
    private readonly Mask2FormerConfig _config;
    private readonly MultiHeadAttention _attention;
    private readonly Value _queryPosition; // [Q, d]
    private readonly Value _memoryShape;   // B, -1, heads, d/heads
    private readonly Value[] _values;      // per level [B*M, d]: feature + level embedding
    private readonly Value[] _keys;        // per level [B*M, d]: the same + position
    private readonly Value[] _masks;       // per level [B, dm, M]: mask features at the level's size

    /// <param name="b">Graph and checkpoint.</param>
    /// <param name="config">Widths.</param>
    /// <param name="memory">Per level [B, M, d].</param>
    /// <param name="levels">Sizes of the feature levels.</param>
    /// <param name="maskFeatures">[B, dm, H/4, W/4].</param>
    public MaskedDecoder(LayerBuilder b, Mask2FormerConfig config, Value[] memory, FeatureLevels levels, Value maskFeatures)
    {
        (_b, _config) = (b, config);
        var g = b.Graph;
        var width = config.HiddenDim;
        using var scope = g.Scope(Prefix);
        _attention = new MultiHeadAttention(g, width, config.Heads);
        _queryPosition = b.Weight(Prefix + ".queries_embedder.weight", config.Queries, width);
        _memoryShape = _attention.Shape(g.Shape(memory[0], 0, 1));
        var embeddings = b.Weight(Prefix + ".level_embed.weight", Mask2FormerConfig.Levels, width);
        (_values, _keys, _masks) = (new Value[Mask2FormerConfig.Levels], new Value[Mask2FormerConfig.Levels], new Value[Mask2FormerConfig.Levels]);
        for (var level = 0; level < Mask2FormerConfig.Levels; level++)
        {
            var value = g.Add(memory[level], g.Gather(embeddings, g.Constant([(long)level]), 0));
            var key = g.Add(value, SinePosition.Build(g, levels.Sizes[level], width, Value.None));
            _values[level] = g.Reshape(value, -1, width);
            _keys[level] = g.Reshape(key, -1, width);
            var reduced = g.Resize(maskFeatures, 1f / (8 >> level));                   // strides 32, 16, 8 from 4
            _masks[level] = g.Reshape(reduced, 0, config.MaskFeatureSize, -1);
        }
    }

    /// <param name="maskFeatures">[B, dm, H/4, W/4].</param>
    public (Value Classes, Value Masks) Build(Value maskFeatures) // [B, Q, C+1], [B, Q, H/4, W/4]
    {
        var g = _b.Graph;
        var x = _b.Weight(Prefix + ".queries_features.weight", _config.Queries, _config.HiddenDim); // [Q, d]
        for (var layer = 0; layer < _config.MaskedLayers; layer++)
        {
            var bias = MaskPredictor.AttentionBias(g, MaskPredictor.Embed(_b, _config, Norm(x)), _masks[layer % Mask2FormerConfig.Levels]);
            x = Layer(layer, x, bias);                                                 // [B*Q, d]
        }

        var normed = Norm(x);
        var classes = _b.Linear(normed, Mask2FormerConfig.Classifier, _config.HiddenDim, _config.Labels.Count + 1);
        var flat = MaskPredictor.MasksOf(g, MaskPredictor.Embed(_b, _config, normed), g.Reshape(maskFeatures, 0, _config.MaskFeatureSize, -1));
        var masks = g.Reshape(flat, g.Concat(0, g.Ints(0, _config.Queries), g.Shape(maskFeatures, 2, 4)));
        return (g.Reshape(classes, -1, _config.Queries, _config.Labels.Count + 1), masks);
    }

    private Value Norm(Value x) => _b.LayerNorm(x, Prefix + ".decoder.layernorm", _config.HiddenDim);

    private Value Layer(int index, Value x, Value bias) // [B*Q, d]
    {
        var prefix = Prefix + ".decoder.layers." + index.ToString(CultureInfo.InvariantCulture);
        var width = _config.HiddenDim;
        x = _b.LayerNorm(AddRows(CrossAttention(prefix + ".cross_attn", index % Mask2FormerConfig.Levels, x, bias), x, index == 0), prefix + ".cross_attn_layer_norm", width);
        x = _b.LayerNorm(_b.Graph.Add(SelfAttention(prefix + ".self_attn", x), x), prefix + ".self_attn_layer_norm", width);
        return _b.FeedForwardBlock(x, prefix, width, _config.DimFeedforward);
    }

    private Value CrossAttention(string prefix, int level, Value x, Value bias)
    {
        using var scope = _b.Graph.Scope(prefix);
        var queries = _attention.Queries(Project(AddRows(x, _queryPosition, true), 0, "q"), _attention.Shape(_config.Queries));
        var keys = _attention.Keys(Project(_keys[level], 1, "k"), _memoryShape);
        var values = _attention.Values(Project(_values[level], 2, "v"), _memoryShape);
        var attended = _attention.Attend(queries, keys, values, bias);
        return _b.Linear(attended, prefix + ".out_proj", _config.HiddenDim, _config.HiddenDim);

        // q, k and v are thirds of one fused weight
        Value Project(Value input, int third, string part)
        {
            var width = _config.HiddenDim;
            return _b.Graph.Node(
                "Gemm",
                [
                    input,
                    _b.MatrixRows($"{prefix}.in_proj_weight.{part}", prefix + ".in_proj_weight", width, 3 * width, third * width, width),
                    _b.VectorPart($"{prefix}.in_proj_bias.{part}", prefix + ".in_proj_bias", 3 * width, third * width, width),
                ]);
        }
    }

    private Value SelfAttention(string prefix, Value x) =>
        _b.SelfAttention(_attention, prefix, x, AddRows(x, _queryPosition, true), _attention.Shape(_config.Queries));

    /// <summary>Adds [Q, d] to every image's [Q, d] where <paramref name="perImage"/>, else row by row.</summary>
    private Value AddRows(Value x, Value rows, bool perImage) // [B*Q, d]
    {
        var g = _b.Graph;
        return perImage
            ? g.Reshape(g.Add(g.Reshape(x, -1, _config.Queries, _config.HiddenDim), rows), -1, _config.HiddenDim)
            : g.Add(x, rows);
    }
}
