using System.Globalization;
using EcoM2F.Compiler.Architectures.Detectors;
using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Layers;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler.Architectures.DeformableDetr;

/// <summary>A <c>DeformableDetrForObjectDetection</c> of Hugging Face, without its two variants: proposals, and boxes refined layer by layer.</summary>
/// <param name="Encoder">Sizes of the encoder's attention.</param>
/// <param name="Decoder">Sizes of the decoder's attention to the encoder's output.</param>
internal sealed record DeformableDetrConfig(DetectorConfig Detector, SamplingSize Encoder, SamplingSize Decoder) : IArchitecture
{
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
    public static DeformableDetrConfig Read(ConfigKeys keys, CheckpointReader checkpoint)
    {
        keys.Require("two_stage", false, absent: false);
        keys.Require("with_box_refine", false, absent: false);
        var levels = keys.Int("num_feature_levels", 4, 1, LargestLevelCount);
        if (levels is > 1 and < BackboneLevels)
        {
            throw keys.Error("num_feature_levels", $"1, or {BackboneLevels} to {LargestLevelCount}");
        }

        var last = keys.Int("decoder_layers", 6, 1, 64) - 1;
        var labels = LabelNames.Read(keys, checkpoint, Classifier(HeadLayer(checkpoint, last)), hasNoObject: false);
        var detector = DetectorConfig.Read(keys, (Queries: 300, Feedforward: 1024), labels, StagesOf(levels));
        if (detector.Width % 32 != 0)
        {
            throw keys.Error("d_model", "a multiple of 32, because GroupNorm has 32 groups");
        }

        return new DeformableDetrConfig(
            detector,
            Sampling(keys, "encoder_n_points", new SamplingSize(detector.Width, detector.Encoder.Heads, levels, Points: 4)),
            Sampling(keys, "decoder_n_points", new SamplingSize(detector.Width, detector.Decoder.Heads, levels, Points: 4)));
    }

    public IStagedNetwork Build(CheckpointReader checkpoint, WeightStore weights) =>
        new DeformableDetrNetwork(this, Detector.BuildBackbone(checkpoint), checkpoint, weights);

    /// <summary>Prefix of a decoder layer's classifier.</summary>
    /// <param name="layer">From 0.</param>
    public static string Classifier(int layer) => "class_embed." + layer.ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// Which layer's classifier and box head are the last layer's. Without box refinement all layers share one, which a checkpoint may
    /// hold once, or once for each layer.
    /// </summary>
    /// <param name="last">The decoder's last layer, from 0.</param>
    public static int HeadLayer(CheckpointReader checkpoint, int last) => checkpoint.Contains(Classifier(last) + ".weight") ? last : 0;

    private static SamplingSize Sampling(ConfigKeys keys, string key, SamplingSize absent)
    {
        var most = MostSamples / (absent.Heads * absent.Levels);
        return most > 0
            ? absent with { Points = keys.Int(key, absent.Points, 1, most) }
            : throw keys.Error("num_feature_levels", $"fewer levels: levels times attention heads ({absent.Heads}) may be at most {MostSamples}");
    }

    private static int[] StagesOf(int levels) => levels == 1 ? [4] : [2, 3, 4];
}
