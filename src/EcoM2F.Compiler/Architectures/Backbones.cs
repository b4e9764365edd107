using System.Text.Json.Nodes;
using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Inference.Safetensors;

namespace EcoM2F.Compiler.Architectures;

/// <summary>Which backbone a <c>backbone_config</c> means.</summary>
internal static class Backbones
{
    public static IBackbone Create(JsonObject config, string file, SafetensorsCheckpoint checkpoint)
    {
        var keys = new ConfigKeys(config, file, "backbone_config.");
        return keys.Text("model_type", null) switch
        {
            "mobilenet_v2" => new MobileNetV2(config, file, checkpoint),
            _ => throw keys.Error("model_type", "mobilenet_v2"),
        };
    }
}
