using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Layers;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Safetensors;

namespace EcoM2F.Compiler.Architectures;

/// <summary>A <c>DeformableDetrForObjectDetection</c> of Hugging Face, without its two variants: proposals, and boxes refined layer by layer.</summary>
/// <param name="Encoder">Sizes of the encoder's attention.</param>
/// <param name="Decoder">Sizes of the decoder's attention to the encoder's output.</param>
internal sealed record DeformableDetrConfig(DetectorConfig Detector, SamplingSize Encoder, SamplingSize Decoder) : IArchitecture
{
    public const string ModelType = "deformable_detr";

    private const string Architecture = "DeformableDetrForObjectDetection";
    private const int LargestLevelCount = 8;

    /// <summary>Of all heads, levels and points of a query: what the fused operator takes.</summary>
    private const int MostSamples = 1024;

    /// <summary>Of the backbone, where there is more than one level.</summary>
    private const int BackboneLevels = 3;

    public IReadOnlyList<string> Labels => Detector.Labels;

    public int TokenWidth => Detector.Width;

    public int EncoderLayers => Detector.EncoderLayers;

    public int Levels => Encoder.Levels;

    /// <summary>The backbone's stages whose maps are levels; further levels halve the last one's size again.</summary>
    public IReadOnlyList<int> Stages => StagesOf(Levels);

    public PostprocessingSettings Postprocessing => new(PostprocessingSettings.DeformableDetr, PostprocessingSettings.BoxScoreThreshold);

    /// <exception cref="CompileException">A key has a value that cannot be built.</exception>
    public static DeformableDetrConfig Read(ConfigKeys keys, string file)
    {
        ArchitectureReader.Require(keys, Architecture);
        keys.Require("two_stage", false, absent: false);
        keys.Require("with_box_refine", false, absent: false);
        var levels = keys.Int("num_feature_levels", 4, 1, LargestLevelCount);
        if (levels is > 1 and < BackboneLevels)
        {
            throw keys.Error("num_feature_levels", $"1, or {BackboneLevels} to {LargestLevelCount}");
        }

        var detector = DetectorConfig.Read(keys, file, (Queries: 300, Feedforward: 1024), StagesOf(levels));
        if (detector.Width % 32 != 0)
        {
            throw keys.Error("d_model", "a multiple of 32, for GroupNorm has 32 groups");
        }

        return new DeformableDetrConfig(
            detector,
            Sampling(keys, "encoder_n_points", new SamplingSize(detector.Width, detector.Encoder.Heads, levels, Points: 4)),
            Sampling(keys, "decoder_n_points", new SamplingSize(detector.Width, detector.Decoder.Heads, levels, Points: 4)));
    }

    public IStagedNetwork Build(SafetensorsCheckpoint checkpoint, CheckpointReader reader, WeightStore weights) =>
        new DeformableDetr(this, Detr.Backbone(Detector.Backbone, checkpoint), reader, weights);

    private static SamplingSize Sampling(ConfigKeys keys, string key, SamplingSize absent)
    {
        var most = MostSamples / (absent.Heads * absent.Levels);
        return most > 0
            ? absent with { Points = keys.Int(key, absent.Points, 1, most) }
            : throw keys.Error("num_feature_levels", $"levels that make at most {MostSamples} with the attention heads, {absent.Heads}");
    }

    private static int[] StagesOf(int levels) => levels == 1 ? [4] : [2, 3, 4];
}
