namespace EcoM2F.Inference.Models;

/// <summary>What a graph entry's <c>precision</c> may say.</summary>
public static class GraphPrecisions
{
    public const string Fp32 = "fp32";

    /// <summary>Matrix products and convolutions on 16 bits, for GPUs; inputs and outputs of the graphs are fp32.</summary>
    public const string Fp16 = "fp16";

    public static IReadOnlyList<string> All { get; } = [Fp32, Fp16, "bf16", "int8"];
}
