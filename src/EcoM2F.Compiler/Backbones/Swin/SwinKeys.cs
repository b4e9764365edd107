using System.Globalization;
using EcoM2F.Compiler.Checkpoints;

namespace EcoM2F.Compiler.Backbones.Swin;

/// <summary>Where a checkpoint keeps a Swin Transformer.</summary>
/// <param name="Root">Of the backbone in the checkpoint, without the last dot.</param>
/// <param name="Prefix">Of patch embedding and stages, without the last dot.</param>
/// <param name="Norms">Prefix of the norms on the four outputs.</param>
/// <param name="NumberedNorms"><c>hidden_states_norms.0</c> to <c>.3</c>; otherwise <c>.stage1</c> to <c>.stage4</c>.</param>
internal sealed record SwinKeys(string Root, string Prefix, string Norms, bool NumberedNorms)
{
    private const string NormsName = ".hidden_states_norms";
    private const string Family = "swin";

    public string PatchProjection => Prefix + ".embeddings.patch_embeddings.projection";

    public string PatchNorm => Prefix + ".embeddings.norm";

    /// <summary>Where some checkpoints keep a norm after the last stage, which the feature maps do not go through.</summary>
    public IReadOnlyList<string> UnusedNorms => [Prefix + ".layernorm", $"{Root}.{Family}.layernorm"];

    public static SwinKeys Find(CheckpointReader checkpoint, string root)
    {
        var prefix = BackboneKeys.Prefix(checkpoint, root, Family, "embeddings.patch_embeddings.projection.weight");
        foreach (var norms in new[] { root + NormsName, prefix + NormsName })
        {
            if (checkpoint.Contains(norms + ".0.weight") || checkpoint.Contains(norms + ".stage1.weight"))
            {
                return new SwinKeys(root, prefix, norms, checkpoint.Contains(norms + ".0.weight"));
            }
        }

        return new SwinKeys(root, prefix, root + NormsName, NumberedNorms: false);
    }

    public string Block(int stage, int block) => $"{Stage(stage)}.blocks.{Text(block)}";

    public string Downsample(int stage) => Stage(stage) + ".downsample";

    public string OutputNorm(int stage) => NumberedNorms ? $"{Norms}.{Text(stage)}" : $"{Norms}.stage{Text(stage + 1)}";

    private string Stage(int stage) => $"{Prefix}.encoder.layers.{Text(stage)}";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
