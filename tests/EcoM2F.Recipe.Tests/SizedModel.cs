using EcoM2F.Inference.Models;
using EcoM2F.TestSupport;

namespace EcoM2F.Recipe.Tests;

/// <summary>A tiny model with several sizes, its own 64:96 the second of them.</summary>
internal static class SizedModel
{
    public static IReadOnlyList<ModelSize> Sizes { get; } = [new(32, 64), new(64, 96), new(96, 128)];

    public static ModelManifest CompileTo(string folder, bool gates = true)
    {
        var manifest = TinyModel.CompileTo(folder, gates: gates) with { Sizes = Sizes };
        File.WriteAllText(Path.Combine(folder, ModelManifest.FileName), manifest.ToJson() + "\n");
        return manifest;
    }
}
