using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Compiler.Graph;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Safetensors;

namespace EcoM2F.Compiler.Architectures;

/// <summary>A <c>DetrForObjectDetection</c> of Hugging Face.</summary>
internal sealed record DetrConfig(DetectorConfig Detector) : IArchitecture
{
    public const string ModelType = "detr";

    private const string Architecture = "DetrForObjectDetection";

    public IReadOnlyList<string> Labels => Detector.Labels;

    public int TokenWidth => Detector.Width;

    public int EncoderLayers => Detector.EncoderLayers;

    public PostprocessingSettings Postprocessing => new(PostprocessingSettings.Detr, PostprocessingSettings.BoxScoreThreshold);

    /// <exception cref="CompileException">A key has a value that cannot be built.</exception>
    public static DetrConfig Read(ConfigKeys keys, string file)
    {
        ArchitectureReader.Require(keys, Architecture);
        return new DetrConfig(DetectorConfig.Read(keys, file, (Queries: 100, Feedforward: 2048), [4]));
    }

    public IStagedNetwork Build(SafetensorsCheckpoint checkpoint, CheckpointReader reader, WeightStore weights) =>
        new Detr(this, Detr.Backbone(Detector.Backbone, checkpoint), reader, weights);
}
