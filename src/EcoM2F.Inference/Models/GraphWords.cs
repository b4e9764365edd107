namespace EcoM2F.Inference.Models;

/// <summary>What a graph entry's <c>stage</c> may say. A manifest may have others, which this version does not load.</summary>
public static class GraphStages
{
    public const string Stem = "stem";

    /// <summary>The first layers, one graph for each exit.</summary>
    public const string Encoder = "encoder";

    /// <summary>Every exit in one pass.</summary>
    public const string EncoderExits = "encoder-exits";

    public const string Decoder = "decoder";
}

/// <summary>What a graph entry's <c>flavour</c> may say.</summary>
public static class GraphFlavours
{
    /// <summary>Standard operators only: any ONNX runtime, any device.</summary>
    public const string Portable = "portable";

    /// <summary>With operators of our own, which run on the CPU.</summary>
    public const string Fused = "fused";

    public static IReadOnlyList<string> All { get; } = [Portable, Fused];
}

/// <summary>What a graph entry's <c>precision</c> may say.</summary>
public static class GraphPrecisions
{
    public const string Fp32 = "fp32";

    public static IReadOnlyList<string> All { get; } = [Fp32, "fp16", "bf16", "int8"];
}
