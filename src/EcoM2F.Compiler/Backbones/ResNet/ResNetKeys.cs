using System.Globalization;
using EcoM2F.Compiler.Checkpoints;

namespace EcoM2F.Compiler.Backbones.ResNet;

/// <summary>
/// Where a checkpoint keeps the convolutions of a ResNet and their batch norms: under the names of Hugging Face's own ResNet,
/// or under those of timm, which published DETR checkpoints have.
/// </summary>
/// <param name="Prefix">Of the backbone in the checkpoint, without the last dot.</param>
/// <param name="Timm"><c>conv1</c>, <c>layer1.0.conv1</c>; otherwise <c>embedder.embedder</c>, <c>encoder.stages.0.layers.0</c>.</param>
internal sealed record ResNetKeys(string Prefix, bool Timm)
{
    public (string Conv, string Norm) Embedder => Timm ? (Prefix + ".conv1", Prefix + ".bn1") : Names(Prefix + ".embedder.embedder");

    /// <summary>The layout that the checkpoint has under this root; Hugging Face's where it has neither.</summary>
    public static ResNetKeys Find(CheckpointReader checkpoint, string root)
    {
        var prefix = BackboneKeys.Prefix(checkpoint, root, "resnet", "embedder.embedder.convolution.weight", "conv1.weight");
        return new ResNetKeys(prefix, checkpoint.Contains(prefix + ".conv1.weight"));
    }

    /// <param name="index">Which convolution of the block.</param>
    public (string Conv, string Norm) Layer(int stage, int block, int index) => Timm
        ? ($"{Block(stage, block)}.conv{Text(index + 1)}", $"{Block(stage, block)}.bn{Text(index + 1)}")
        : Names($"{Block(stage, block)}.layer.{Text(index)}");

    public (string Conv, string Norm) Shortcut(int stage, int block) => Timm
        ? (Block(stage, block) + ".downsample.0", Block(stage, block) + ".downsample.1")
        : Names(Block(stage, block) + ".shortcut");

    private string Block(int stage, int block) => Timm
        ? $"{Prefix}.layer{Text(stage + 1)}.{Text(block)}"
        : $"{Prefix}.encoder.stages.{Text(stage)}.layers.{Text(block)}";

    private static (string, string) Names(string layer) => (layer + ".convolution", layer + ".normalization");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
