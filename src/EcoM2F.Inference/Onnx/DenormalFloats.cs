using System.Runtime.InteropServices;

namespace EcoM2F.Inference.Onnx;

/// <summary>
/// How the calling thread computes with floats nearer to 0 than 1.2e-38 (denormal ones). Processors take up to a hundred times as long for them,
/// and softmax under a mask is full of them: exp(-100) is one. ONNX Runtime can count them as 0 on the threads of its pool; the thread that
/// runs a graph, which has a part of every operator, is set here. On Linux for x64 with glibc; elsewhere nothing changes.
/// </summary>
internal static unsafe partial class DenormalFloats
{
    private const uint FlushToZero = 0x8000; // results, MXCSR's bit 15

    private const uint AsZero = 0x0040; // operands, bit 6

    private static readonly bool Supported = OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64 && NativeLibrary.TryLoad(Library, out _);

    private const string Library = "libm.so.6";

    /// <summary>Until the scope is disposed, on the same thread.</summary>
    public static Scope CountAsZero() => Begin(FlushToZero | AsZero);

    /// <summary>Changes nothing; whatever does before the scope is disposed, the thread then has its mode again.</summary>
    public static Scope Keep() => Begin(0);

    private static Scope Begin(uint bits)
    {
        FloatEnvironment environment;
        if (!Supported || GetEnvironment(&environment) != 0)
        {
            return default;
        }

        var before = environment;
        environment.Sse |= bits;
        return SetEnvironment(&environment) == 0 ? new Scope(before) : default;
    }

    [LibraryImport(Library, EntryPoint = "fegetenv")]
    [SuppressGCTransition]
    private static partial int GetEnvironment(FloatEnvironment* environment);

    [LibraryImport(Library, EntryPoint = "fesetenv")]
    [SuppressGCTransition]
    private static partial int SetEnvironment(FloatEnvironment* environment);

    /// <summary>Gives the thread back the mode that it had.</summary>
    public readonly ref struct Scope
    {
        private readonly FloatEnvironment _before;
        private readonly bool _changed;

        internal Scope(FloatEnvironment before) => (_before, _changed) = (before, true);

        public void Dispose()
        {
            if (_changed)
            {
                var before = _before;
                _ = SetEnvironment(&before);
            }
        }
    }

    /// <summary>glibc's fenv_t on x64.</summary>
    internal struct FloatEnvironment
    {
        private fixed byte _x87[28];

        public uint Sse; // MXCSR
    }
}
