using System.Runtime.InteropServices;

namespace EcoM2F.Inference.Engine;

/// <summary>
/// How glibc's malloc serves ONNX Runtime and libvips in a process that runs for weeks. By itself it keeps a heap for every few threads and, once a
/// large block was freed, makes further ones of that size on these heaps, which then hold what is free between blocks that are not.
/// </summary>
public static partial class NativeHeap
{
    /// <summary>Variables by which an operator sets glibc's malloc: where one is there, nothing is changed.</summary>
    private static readonly string[] Variables = ["MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_", "MALLOC_MMAP_MAX_", "GLIBC_TUNABLES"];

    private const int MostArenas = 2;

    /// <summary>Bytes. Images and tensors are larger, and go back to the system when they are freed.</summary>
    private const int MappedFrom = 256 << 10;

    /// <summary>Bytes at the end of a heap that stay there when they are free: by itself glibc gives 128 KB back, and takes them again for the next image.</summary>
    private const int KeptFree = 8 << 20;

    private const int ArenaMax = -8; // M_ARENA_MAX
    private const int TrimThreshold = -1; // M_TRIM_THRESHOLD
    private const int MappingThreshold = -3; // M_MMAP_THRESHOLD

    /// <summary>Two heaps for all threads, and large blocks as mappings of their own. To be called first of all, for threads keep the heap that they have.</summary>
    /// <returns>Whether that is so now: false on systems without glibc, and where the environment says otherwise.</returns>
    public static bool KeepSmall() => KeepSmall(Environment.GetEnvironmentVariable);

    /// <param name="variable">Gives the value of a variable of the environment.</param>
    internal static bool KeepSmall(Func<string, string?> variable)
    {
        if (!OperatingSystem.IsLinux() || Variables.Any(name => variable(name) is not null))
        {
            return false;
        }

        try
        {
            return SetOption(ArenaMax, MostArenas) != 0 && SetOption(MappingThreshold, MappedFrom) != 0 && SetOption(TrimThreshold, KeptFree) != 0;
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            return false; // musl
        }
    }

    [LibraryImport("libc.so.6", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);
}
