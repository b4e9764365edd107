using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace EcoM2F.Benchmarks;

/// <summary>What a number must be read beside.</summary>
internal static class Machine
{
    public static void Print()
    {
        var model = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(static line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim()
            : null;
        var bf16 = File.Exists("/proc/cpuinfo") && File.ReadLines("/proc/cpuinfo").Any(static line => line.Contains("avx512_bf16", StringComparison.Ordinal));
        var sets = Vector512.IsHardwareAccelerated || Avx512F.IsSupported ? (bf16 ? "AVX-512 with BF16" : "AVX-512") : Avx2.IsSupported ? "AVX2" : "no AVX2";
        Console.WriteLine($"machine: {model ?? "unknown"}, {Environment.ProcessorCount} cores, {sets}; .NET {Environment.Version}");
    }
}
