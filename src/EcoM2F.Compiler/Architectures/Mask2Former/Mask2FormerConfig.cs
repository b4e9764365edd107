using EcoM2F.Compiler.Backbones;
using EcoM2F.Compiler.Backbones.Swin;
using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Compiler.Graph;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler.Architectures.Mask2Former;

/// <summary>
/// The keys of a Hugging Face <c>config.json</c> that shape the network, with that class's defaults where they are absent
/// (Hugging Face leaves out what equals the default). What this compiler cannot build is refused here.
/// </summary>
internal sealed record Mask2FormerConfig : IArchitecture
{
    /// <summary>Prefix of the classifier's tensors.</summary>
    public const string Classifier = "class_predictor";

    /// <summary>Feature levels that encoder and decoder read: strides 32, 16 and 8 in this order.</summary>
    public const int Levels = 3;

    private const string BackbonePrefix = "model.pixel_level_module.encoder";

    public required int FeatureSize { get; init; }

    public required int MaskFeatureSize { get; init; }

    public required int HiddenDim { get; init; }

    public required int EncoderLayers { get; init; }

    public required int EncoderFeedforward { get; init; }

    /// <summary>One less than <c>decoder_layers</c>, which counts the prediction before the first layer.</summary>
    public required int MaskedLayers { get; init; }

    public required int Heads { get; init; }

    public required int DimFeedforward { get; init; }

    public required int Queries { get; init; }

    /// <summary>Class names by label index; "no object" is not among them.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    public required IBackboneConfig Backbone { get; init; }

    public int TokenWidth => FeatureSize;

    /// <summary>The original Mask2Former's, with its score threshold.</summary>
    public PostprocessingSettings Postprocessing => new(PostprocessingSettings.Meta, 0.8f, 0.5f, 0.8f);

    /// <exception cref="CompileException">A key has a value that cannot be built.</exception>
    public static Mask2FormerConfig Read(ConfigKeys keys, CheckpointReader checkpoint)
    {
        keys.Require("activation_function", "relu", absent: "relu");
        keys.Require("use_timm_backbone", false, absent: false);
        keys.Require("pre_norm", false, absent: false);
        keys.Require("enforce_input_projection", false, absent: false);
        keys.RequireInts("feature_strides", [4, 8, 16, 32]);
        keys.RequireInt("common_stride", 4);
        var config = new Mask2FormerConfig
        {
            FeatureSize = keys.Int("feature_size", 256),
            MaskFeatureSize = keys.Int("mask_feature_size", 256),
            HiddenDim = keys.Int("hidden_dim", 256),
            EncoderLayers = keys.Int("encoder_layers", 6, 1, 64),
            EncoderFeedforward = keys.Int("encoder_feedforward_dim", 1024),
            MaskedLayers = keys.Int("decoder_layers", 10, 2, 64) - 1,
            Heads = keys.Int("num_attention_heads", 8, 1, 256),
            DimFeedforward = keys.Int("dim_feedforward", 2048),
            Queries = keys.Int("num_queries", 100, 1, 4096),
            Labels = LabelNames.Read(keys, checkpoint, Classifier, hasNoObject: true),
            Backbone = ReadBackbone(keys),
        };
        if (config.FeatureSize % 32 != 0)
        {
            throw keys.Error("feature_size", "a multiple of 32, because GroupNorm has 32 groups");
        }

        if (config.HiddenDim != config.FeatureSize)
        {
            throw keys.Error("hidden_dim", $"the same as feature_size, {config.FeatureSize}");
        }

        return config.HiddenDim % config.Heads == 0 ? config : throw keys.Error("num_attention_heads", $"a divisor of hidden_dim, {config.HiddenDim}");
    }

    public IStagedNetwork Build(CheckpointReader checkpoint, WeightStore weights) =>
        new Mask2FormerNetwork(this, Backbone.Build(checkpoint, BackbonePrefix), checkpoint, weights);

    /// <summary>Hugging Face's default is its Swin-S; a name in <c>backbone</c> stands for a file of another repository.</summary>
    private static IBackboneConfig ReadBackbone(ConfigKeys keys)
    {
        if (keys.Section("backbone_config") is { } section)
        {
            return BackboneRegistry.Read(section, BackboneStages.All);
        }

        return keys.Has("backbone") ? throw keys.Error("backbone", "absent: describe the backbone in backbone_config") : SwinConfig.Small;
    }
}
