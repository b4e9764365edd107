using System.Globalization;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Inference.Benchmarking;

/// <summary>What a measured number must be read beside.</summary>
/// <param name="InstructionSets">Of AVX2, FMA, AVX-512, AVX512-BF16 and the like, what the processor has.</param>
/// <param name="VectorBits">What the operators of our own use: the .NET runtime's switches can narrow it.</param>
/// <param name="LoadAverage">Of the last minute; null where the system does not tell.</param>
public sealed record MachineDescription(
    string Processor, int Cores, IReadOnlyList<string> InstructionSets, int VectorBits, string OnnxRuntime, string DotNet, double? LoadAverage)
{
    private const string CpuInfo = "/proc/cpuinfo";
    private const string LoadFile = "/proc/loadavg";

    private static readonly (string Flag, string Name)[] Flags =
        [("avx2", "AVX2"), ("fma", "FMA"), ("avx512f", "AVX-512"), ("avx512_vnni", "AVX512-VNNI"), ("avx512_bf16", "AVX512-BF16"), ("amx_bf16", "AMX-BF16"), ("asimd", "NEON")];

    public static MachineDescription Read()
    {
        var lines = File.Exists(CpuInfo) ? File.ReadAllLines(CpuInfo) : [];
        return new MachineDescription(
            Field(lines, "model name") ?? System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString(),
            Environment.ProcessorCount,
            Sets((Field(lines, "flags") ?? Field(lines, "Features"))?.Split(' ')),
            Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : Vector128.IsHardwareAccelerated ? 128 : 32,
            OrtEnv.Instance().GetVersionString(),
            Environment.Version.ToString(),
            File.Exists(LoadFile) ? double.Parse(File.ReadAllText(LoadFile).Split(' ')[0], CultureInfo.InvariantCulture) : null);
    }

    private static string? Field(string[] lines, string name) =>
        lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[1].Trim();

    /// <summary>By the kernel's words; without them by what .NET may use.</summary>
    private static List<string> Sets(string[]? flags) => flags is not null
        ? [.. Flags.Where(known => flags.Contains(known.Flag)).Select(static known => known.Name)]
        : [.. new[] { (Avx2.IsSupported, "AVX2"), (Fma.IsSupported, "FMA"), (Avx512F.IsSupported, "AVX-512") }.Where(static set => set.Item1).Select(static set => set.Item2)];
}
