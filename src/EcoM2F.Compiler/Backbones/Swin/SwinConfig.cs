using EcoM2F.Compiler.Checkpoints;

namespace EcoM2F.Compiler.Backbones.Swin;

/// <summary>The shape of a Swin Transformer, with the defaults of Hugging Face's <c>SwinConfig</c>; what cannot be built is refused.</summary>
internal sealed record SwinConfig : IBackboneConfig
{
    public const int Stages = 4;

    /// <summary>Pixels of a patch, both ways: the first map has stride 4.</summary>
    public const int PatchSize = 4;

    /// <summary>Channels of the first stage; each later one has twice as many as the one before.</summary>
    public required int EmbedDim { get; init; }

    /// <summary>Blocks of each stage.</summary>
    public required IReadOnlyList<int> Depths { get; init; }

    /// <summary>Attention heads of each stage.</summary>
    public required IReadOnlyList<int> Heads { get; init; }

    /// <summary>Tokens along a window's side.</summary>
    public required int WindowSize { get; init; }

    /// <summary>Channels inside a feed-forward block, over those outside.</summary>
    public required double MlpRatio { get; init; }

    /// <summary>Whether the projections to queries, keys and values have a bias.</summary>
    public required bool QkvBias { get; init; }

    /// <summary>Of the norms inside blocks; the others have PyTorch's default.</summary>
    public required float LayerNormEpsilon { get; init; }

    /// <summary>Swin-S, the backbone of a Mask2Former that names none.</summary>
    public static SwinConfig Small { get; } = new()
    {
        EmbedDim = 96,
        Depths = [2, 2, 18, 2],
        Heads = [3, 6, 12, 24],
        WindowSize = 7,
        MlpRatio = 4,
        QkvBias = true,
        LayerNormEpsilon = 1e-5f,
    };

    /// <summary>Channels of each stage.</summary>
    public IReadOnlyList<int> Channels => [.. Enumerable.Range(0, Stages).Select(stage => EmbedDim << stage)];

    /// <exception cref="CompileException">A key has a value that cannot be built.</exception>
    public static SwinConfig Read(ConfigKeys keys, IReadOnlyList<int> stages)
    {
        BackboneStages.Require(keys, stages);
        keys.Require("hidden_act", "gelu", absent: "gelu");
        keys.Require("use_absolute_embeddings", false, absent: false); // tied to one image size
        keys.RequireInt("num_channels", 3);
        keys.RequireInt("patch_size", PatchSize);
        var config = new SwinConfig
        {
            EmbedDim = keys.Int("embed_dim", 96, 1, 8192),
            Depths = keys.Ints("depths", [2, 2, 6, 2], Stages, 1, 256),
            Heads = keys.Ints("num_heads", [3, 6, 12, 24], Stages, 1, 128),
            WindowSize = keys.Int("window_size", 7, 1, 24),
            MlpRatio = keys.Double("mlp_ratio", 4, 0.01, 64),
            QkvBias = keys.Bool("qkv_bias", true),
            LayerNormEpsilon = (float)keys.Double("layer_norm_eps", 1e-5, 1e-12, 0.1),
        };
        if (config.Channels.Zip(config.Heads).Any(s => s.First % s.Second != 0))
        {
            throw keys.Error("num_heads", $"divisors of the stages' channels, {string.Join(", ", config.Channels)}");
        }

        return config.EmbedDim * config.MlpRatio >= 1 ? config : throw keys.Error("mlp_ratio", "a ratio that leaves the feed-forward blocks at least one channel");
    }

    public IBackbone Build(CheckpointReader checkpoint, string root) => new SwinBackbone(this, SwinKeys.Find(checkpoint, root));
}
