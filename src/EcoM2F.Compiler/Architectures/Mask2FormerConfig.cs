using System.Text.Json.Nodes;
using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Compiler.Graph;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Safetensors;

namespace EcoM2F.Compiler.Architectures;

/// <summary>
/// The keys of a Hugging Face <c>config.json</c> that shape the network, with that class's defaults where they are absent
/// (Hugging Face leaves out what equals the default). What this compiler cannot build is refused here.
/// </summary>
internal sealed record Mask2FormerConfig : IArchitecture
{
    public const string Architecture = "Mask2FormerForUniversalSegmentation";

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

    public required JsonObject Backbone { get; init; }

    /// <summary>Where all this was read, for messages.</summary>
    public required string File { get; init; }

    public int TokenWidth => FeatureSize;

    /// <summary>The original Mask2Former's, with its score threshold.</summary>
    public PostprocessingSettings Postprocessing => new(PostprocessingSettings.Meta, 0.8f, 0.5f, 0.8f);

    public static Mask2FormerConfig Read(JsonObject json, string file)
    {
        var keys = new ConfigKeys(json, file);
        ArchitectureReader.Require(keys, Architecture);
        keys.Require("model_type", "mask2former", absent: "mask2former");
        keys.Require("activation_function", "relu", absent: "relu");
        keys.Require("use_timm_backbone", false, absent: false);
        keys.Require("pre_norm", false, absent: false);
        keys.Require("enforce_input_projection", false, absent: false);
        keys.RequireInts("feature_strides", [4, 8, 16, 32]);
        if (keys.Int("common_stride", 4) != 4)
        {
            throw keys.Error("common_stride", "4");
        }

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
            Labels = LabelNames.Read(keys),
            Backbone = keys.Object("backbone_config") ?? throw keys.Error("backbone_config", "an object with model_type"),
            File = file,
        };
        if (config.FeatureSize % 32 != 0)
        {
            throw keys.Error("feature_size", "a multiple of 32, for GroupNorm has 32 groups");
        }

        if (config.HiddenDim != config.FeatureSize)
        {
            throw keys.Error("hidden_dim", $"the same as feature_size, {config.FeatureSize}");
        }

        return config.HiddenDim % config.Heads == 0 ? config : throw keys.Error("num_attention_heads", $"a divisor of hidden_dim, {config.HiddenDim}");
    }

    public IStagedNetwork Build(SafetensorsCheckpoint checkpoint, CheckpointReader reader, WeightStore weights) =>
        new Mask2Former(this, Backbones.Create(Backbone, File, checkpoint), reader, weights);
}
