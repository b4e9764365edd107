using System.Text.Json.Nodes;
using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Inference.Safetensors;

namespace EcoM2F.Compiler.Architectures;

/// <summary>Which backbone a Mask2Former's <c>backbone_config</c> means.</summary>
internal static class Backbones
{
    private const string Prefix = "model.pixel_level_module.encoder";

    public static IBackbone Create(JsonObject config, string file, SafetensorsCheckpoint checkpoint)
    {
        var keys = new ConfigKeys(config, file, "backbone_config.");
        switch (keys.Text("model_type", null))
        {
            case "mobilenet_v2":
                return new MobileNetV2(config, file, checkpoint);
            case "resnet":
                RequireAllStages(keys);
                keys.Require("downsample_in_first_stage", false, absent: false); // or strides would be 8 to 64
                return new ResNet(ResNetConfig.Read(config, file), ResNetKeys.Find(checkpoint, Prefix));
            case "swin":
                RequireAllStages(keys);
                return new Swin(SwinConfig.Read(config, file), SwinKeys.Find(checkpoint, Prefix));
            default:
                throw keys.Error("model_type", "'swin', 'resnet' or 'mobilenet_v2'");
        }
    }

    /// <summary>The decoder reads all four maps.</summary>
    private static void RequireAllStages(ConfigKeys keys)
    {
        keys.RequireTexts("out_features", "stage1", "stage2", "stage3", "stage4");
        keys.RequireInts("out_indices", [1, 2, 3, 4]);
    }
}
