using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Layers;

namespace EcoM2F.Compiler.Architectures.Mask2Former;

/// <summary>The end of <c>model.pixel_level_module.decoder</c>: the stride-4 step of the feature pyramid and the mask features.</summary>
internal static class MaskFeatures
{
    private const string Prefix = "model.pixel_level_module.decoder";

    /// <param name="b">Graph and checkpoint.</param>
    /// <param name="config">Widths.</param>
    /// <param name="res2">Backbone feature [B, C, H/4, W/4].</param>
    /// <param name="stride8">Encoder tokens [B, H/8*W/8, d] and their size, int64 [2].</param>
    public static Value Build(LayerBuilder b, Mask2FormerConfig config, (Value Map, int Channels) res2, (Value Tokens, Value Size) stride8) // [B, dm, H/4, W/4]
    {
        var g = b.Graph;
        var width = config.FeatureSize;
        var map = g.Transpose(stride8.Tokens, 0, 2, 1);                                        // [B, d, H/8*W/8]
        map = g.Reshape(map, g.Concat(0, g.Ints(-1, width), stride8.Size));                    // [B, d, H/8, W/8]
        var lateral = b.Conv(res2.Map, Prefix + ".adapter_1.0", new ConvShape(res2.Channels, width, 1, Bias: false));
        var sum = b.GroupNormPlusCoarse(lateral, map, Prefix + ".adapter_1.1", width);         // [B, d, H/4, W/4]
        var mixed = b.Conv(sum, Prefix + ".layer_1.0", new ConvShape(width, width, 3, Bias: false));
        mixed = b.GroupNormRelu(mixed, Prefix + ".layer_1.1", width);
        return b.Conv(mixed, Prefix + ".mask_projection", new ConvShape(width, config.MaskFeatureSize, 1));
    }
}
