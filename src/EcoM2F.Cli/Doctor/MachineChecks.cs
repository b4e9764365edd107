using System.Runtime.InteropServices;
using EcoM2F.Inference.Benchmarking;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Results;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Cli.Doctor;

/// <summary>The machine and the native libraries, one check each.</summary>
internal static class MachineChecks
{
    private const double Gibibyte = 1 << 30;

    /// <summary>The process itself, with the bundled model (docs/operations.md, Memory).</summary>
    private const double LeastGibibytes = 0.5;

    /// <summary>That, and room for the pixels of usual photographs.</summary>
    private const double EnoughGibibytes = 1;

    public static DoctorCheck Runtime() =>
        DoctorCheck.Fine("runtime", $"{RuntimeInformation.FrameworkDescription} on {RuntimeInformation.OSDescription.Trim()}, {RuntimeInformation.RuntimeIdentifier}");

    /// <param name="provider">What models are to run on.</param>
    public static DoctorCheck OnnxRuntime(string provider)
    {
        const string Name = "ONNX Runtime";
        try
        {
            OrtRuntime.Initialize(0);
            var environment = OrtEnv.Instance();
            var providers = environment.GetAvailableProviders();
            var found = $"{environment.GetVersionString()}, with {string.Join(", ", providers)}";
            return provider == ExecutionTarget.CudaProvider && !providers.Contains("CUDAExecutionProvider")
                ? DoctorCheck.Wrong(Name, found, "There is no CUDA provider in it: build or publish with -p:Gpu=true.")
                : DoctorCheck.Fine(Name, found);
        }
        catch (Exception exception) when (IsMissingLibrary(exception))
        {
            return DoctorCheck.Wrong(Name, "cannot be loaded", $"{Innermost(exception)} Build or publish for this machine ({RuntimeInformation.RuntimeIdentifier}); on a small Linux image install libstdc++6 and libgcc-s1.");
        }
    }

    public static DoctorCheck Libvips()
    {
        const string Name = "libvips";
        try
        {
            var png = PanopticPng.Encode(new PanopticSegmentation(1, 1, [1], []));
            return DoctorCheck.Fine(Name, $"{NetVips.NetVips.Version(0)}.{NetVips.NetVips.Version(1)}.{NetVips.NetVips.Version(2)}; a PNG of {png.Length} bytes could be written");
        }
        catch (Exception exception) when (IsMissingLibrary(exception) || exception is NetVips.VipsException)
        {
            return DoctorCheck.Wrong(Name, "cannot be used", $"{Innermost(exception)} Images can be neither read nor written. Build or publish for this machine ({RuntimeInformation.RuntimeIdentifier}).");
        }
    }

    public static DoctorCheck Processor(MachineDescription machine)
    {
        const string Name = "processor";
        var sets = machine.InstructionSets.Count == 0 ? "no known vector set" : string.Join(", ", machine.InstructionSets);
        var found = $"{machine.Processor}; {sets}; our operators use {machine.VectorBits} bits";
        var narrowed = machine.VectorBits < 256 && machine.InstructionSets.Contains("AVX2");
        return narrowed ? DoctorCheck.Slow(Name, found, "A switch of .NET keeps it from using AVX2: look for DOTNET_EnableAVX2, DOTNET_EnableHWIntrinsic and the like in the environment.")
            : machine.VectorBits < 128 ? DoctorCheck.Slow(Name, found, "Without vectors everything is several times slower: look for DOTNET_EnableHWIntrinsic in the environment.")
            : DoctorCheck.Fine(Name, found);
    }

    /// <param name="threads">What .NET takes the number of cores to be; ONNX Runtime's pool has as many.</param>
    public static DoctorCheck Threads(int threads, CgroupLimits limits)
    {
        const string Name = "threads";
        const double Rounding = 0.01;
        var found = FormattableString.Invariant($"{threads}; {(limits.Cores is { } cores ? $"the control group may use {cores:0.##} cores" : "the control group has no limit")}");
        return limits.Cores switch
        {
            { } quota when threads >= quota + 1 => DoctorCheck.Wrong(
                Name, found, FormattableString.Invariant($"{threads} threads on {quota:0.##} cores are stopped for most of the time: remove DOTNET_PROCESSOR_COUNT, or set it to {Math.Max(1, (int)quota)}.")),
            { } quota when threads > quota + Rounding => DoctorCheck.Slow(
                Name, found, FormattableString.Invariant($"The last thread is stopped again and again: give the container a whole number of cores, or set Engine:Threads (of a command: DOTNET_PROCESSOR_COUNT) to {Math.Max(1, (int)quota)}.")),
            _ => DoctorCheck.Fine(Name, found),
        };
    }

    /// <param name="available">Bytes that the process may use.</param>
    public static DoctorCheck Memory(long available, CgroupLimits limits)
    {
        const string Name = "memory";
        var gibibytes = available / Gibibyte;
        var found = FormattableString.Invariant($"{gibibytes:0.0} GiB may be used{(limits.Bytes is { } bytes ? $"; the control group's limit is {bytes / Gibibyte:0.0} GiB" : "")}");
        return gibibytes < LeastGibibytes ? DoctorCheck.Wrong(Name, found, "The process alone takes about 0.4 GB with the bundled model: raise the limit (docs/operations.md, Memory).")
            : gibibytes < EnoughGibibytes ? DoctorCheck.Slow(Name, found, "Little is left for pixels: large images wait for one another, or do not fit. Lower Limits:MaxPixels, or raise the limit (docs/operations.md, Memory).")
            : DoctorCheck.Fine(Name, found);
    }

    private static bool IsMissingLibrary(Exception exception) =>
        exception is DllNotFoundException or TypeInitializationException or BadImageFormatException or EntryPointNotFoundException or OnnxRuntimeException;

    private static string Innermost(Exception exception) => exception.GetBaseException().Message.ReplaceLineEndings(" ").TrimEnd('.') + ".";
}
