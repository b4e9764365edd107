namespace EcoM2F.Inference.Models;

/// <summary>What a graph entry's <c>flavour</c> may say.</summary>
public static class GraphFlavours
{
    /// <summary>Standard operators only: any ONNX runtime, any device.</summary>
    public const string Portable = "portable";

    /// <summary>With operators of our own, which run on the CPU.</summary>
    public const string Fused = "fused";

    public static IReadOnlyList<string> All { get; } = [Portable, Fused];
}
