namespace EcoM2F.Inference.Models;

/// <summary>What a graph entry's <c>precision</c> may say.</summary>
public static class GraphPrecisions
{
    public const string Fp32 = "fp32";

    /// <summary>Matrix products and convolutions on 16 bits, for GPUs; inputs and outputs of the graphs are fp32.</summary>
    public const string Fp16 = "fp16";

    /// <summary>
    /// Matrix products and convolutions on 8 bits, for CPUs, as far as that was measured to do no harm; inputs and outputs of the graphs are
    /// fp32. A stage that has no such graph runs its fp32 one.
    /// </summary>
    public const string EightBits = "int8";

    public static IReadOnlyList<string> All { get; } = [Fp32, Fp16, "bf16", EightBits];

    /// <summary>Those that this version runs, in the order in which they are tried.</summary>
    public static IReadOnlyList<string> Runnable { get; } = [Fp32, EightBits, Fp16];
}
