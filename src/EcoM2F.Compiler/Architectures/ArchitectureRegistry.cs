using EcoM2F.Compiler.Architectures.DeformableDetr;
using EcoM2F.Compiler.Architectures.Detr;
using EcoM2F.Compiler.Architectures.Mask2Former;
using EcoM2F.Compiler.Checkpoints;

namespace EcoM2F.Compiler.Architectures;

/// <summary>Every architecture that can be compiled. A new one is a folder of its own and a line here.</summary>
internal static class ArchitectureRegistry
{
    /// <summary>The first is meant where a <c>config.json</c> does not say.</summary>
    private static readonly ArchitectureEntry[] Entries =
    [
        new("mask2former", "Mask2FormerForUniversalSegmentation", "model.transformer_module.queries_embedder.weight", Mask2FormerConfig.Read),
        new("detr", "DetrForObjectDetection", "model.input_projection.weight", DetrConfig.Read),
        new("deformable_detr", "DeformableDetrForObjectDetection", "model.reference_points.weight", DeformableDetrConfig.Read),
    ];

    /// <param name="keys">Of config.json.</param>
    /// <exception cref="CompileException">Another architecture, or another class of Hugging Face's for it.</exception>
    public static ArchitectureEntry Find(ConfigKeys keys)
    {
        var modelType = keys.Text("model_type", Entries[0].ModelType);
        var entry = Entries.FirstOrDefault(entry => entry.ModelType == modelType) ?? throw keys.Error("model_type", ConfigKeys.OneOf([.. Entries.Select(static entry => entry.ModelType)]));
        return keys.Array("architectures") is { } classes && !classes.Any(name => name?.ToString() == entry.ClassName)
            ? throw keys.Error("architectures", entry.ClassName)
            : entry;
    }
}
