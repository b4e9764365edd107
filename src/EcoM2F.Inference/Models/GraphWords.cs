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

    /// <summary>Those that every model has.</summary>
    public static IReadOnlyList<string> Required { get; } = [Stem, Encoder, EncoderExits, Decoder];
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

    /// <summary>Matrix products and convolutions on 16 bits, for GPUs; inputs and outputs of the graphs are fp32.</summary>
    public const string Fp16 = "fp16";

    public static IReadOnlyList<string> All { get; } = [Fp32, Fp16, "bf16", "int8"];
}
