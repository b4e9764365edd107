using EcoM2F.Compiler.Architectures.Detectors;
using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Compiler.Graph;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler.Architectures.Detr;

/// <summary>A <c>DetrForObjectDetection</c> of Hugging Face.</summary>
internal sealed record DetrConfig(DetectorConfig Detector) : IArchitecture
{
    /// <summary>Prefix of the classifier's tensors.</summary>
    public const string Classifier = "class_labels_classifier";

    /// <summary>The backbone's only map that is read.</summary>
    private const int Stage = 4;

    public IReadOnlyList<string> Labels => Detector.Labels;

    public int TokenWidth => Detector.Width;

    public int EncoderLayers => Detector.EncoderLayers;

    public PostprocessingSettings Postprocessing => new(PostprocessingSettings.Detr, PostprocessingSettings.BoxScoreThreshold);

    /// <exception cref="CompileException">A key has a value that cannot be built.</exception>
    public static DetrConfig Read(ConfigKeys keys, CheckpointReader checkpoint)
    {
        var labels = LabelNames.Read(keys, checkpoint, Classifier, hasNoObject: true);
        return new DetrConfig(DetectorConfig.Read(keys, (Queries: 100, Feedforward: 2048), labels, [Stage]));
    }

    public IStagedNetwork Build(CheckpointReader checkpoint, WeightStore weights) =>
        new DetrNetwork(this, Detector.BuildBackbone(checkpoint), checkpoint, weights);
}
