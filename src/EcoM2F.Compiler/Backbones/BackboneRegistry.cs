using EcoM2F.Compiler.Backbones.MobileNetV2;
using EcoM2F.Compiler.Backbones.ResNet;
using EcoM2F.Compiler.Backbones.Swin;
using EcoM2F.Compiler.Checkpoints;

namespace EcoM2F.Compiler.Backbones;

/// <summary>Every backbone that can be compiled. A new one is a folder of its own and a line here.</summary>
internal static class BackboneRegistry
{
    private static readonly BackboneEntry[] Entries =
    [
        new("swin", SwinConfig.Read),
        new("resnet", ResNetConfig.Read) { AnyStages = true },
        new("mobilenet_v2", MobileNetV2Config.Read),
    ];

    /// <summary>The values of <c>model_type</c> that <see cref="Read"/> takes for these stages.</summary>
    public static IReadOnlyList<string> ModelTypes(IReadOnlyList<int> stages) => [.. Fitting(stages).Select(static entry => entry.ModelType)];

    /// <param name="keys">Of a <c>backbone_config</c>.</param>
    /// <param name="stages">Stages whose maps the network reads, from 1.</param>
    /// <exception cref="CompileException">Another backbone, or one of these with a value that cannot be built.</exception>
    public static IBackboneConfig Read(ConfigKeys keys, IReadOnlyList<int> stages)
    {
        var modelType = keys.Text("model_type", null);
        var entry = Fitting(stages).FirstOrDefault(entry => entry.ModelType == modelType) ?? throw keys.Error("model_type", ConfigKeys.OneOf(ModelTypes(stages)));
        return entry.Read(keys, stages);
    }

    private static IEnumerable<BackboneEntry> Fitting(IReadOnlyList<int> stages) => Entries.Where(entry => entry.AnyStages || stages.Count == BackboneStages.Count);
}
