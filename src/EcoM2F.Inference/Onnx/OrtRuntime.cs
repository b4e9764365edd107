using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Inference.Onnx;

/// <summary>
/// The process-wide ONNX Runtime environment: one thread pool for all sessions, without spinning, so that idle sessions cost
/// nothing and an image alone has every thread; and one arena, because few stages at a time need memory. On x64 denormal floats
/// count as 0 on the pool's threads, and on those that run graphs (<see cref="DenormalFloats"/>).
/// </summary>
public static class OrtRuntime
{
    /// <summary>ONNX Runtime's kSameAsRequested.</summary>
    private const int SameAsRequested = 1;

    private static readonly Lock Gate = new();
    private static bool _initialized;

    /// <summary>Of the pool, the thread that runs a graph included.</summary>
    internal static int Threads { get; private set; } = 1;

    /// <summary>Must come before the first session; later calls change nothing.</summary>
    /// <param name="threads">0: every core the process may use.</param>
    /// <param name="spin">Let idle threads spin: faster by what a wake-up costs, at the price of a core each.</param>
    public static void Initialize(int threads, bool spin = false)
    {
        lock (Gate)
        {
            if (_initialized)
            {
                return;
            }

            Threads = CountOf(threads);
            using var threading = new OrtThreadingOptions { GlobalIntraOpNumThreads = Threads, GlobalInterOpNumThreads = 1, GlobalSpinControl = spin };
            threading.SetGlobalDenormalAsZero();
            var options = new EnvironmentCreationOptions
            {
                logId = "ecom2f",
                logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
                threadOptions = threading,
            };
            var environment = OrtEnv.CreateInstanceWithOptions(ref options);

            // One arena for all sessions, grown by what is asked for: with one each, every stage keeps its own peak for good.
            using var memory = new OrtMemoryInfo(OrtMemoryInfo.allocatorCPU, OrtAllocatorType.ArenaAllocator, 0, OrtMemType.Default);
            using var arena = new OrtArenaCfg(maxMemory: 0, arenaExtendStrategy: SameAsRequested, initialChunkSizeBytes: -1, maxDeadBytesPerChunk: -1);
            environment.CreateAndRegisterAllocator(memory, arena);
            _initialized = true;
        }
    }

    /// <summary>How many threads a number that was asked for comes to.</summary>
    /// <param name="threads">As <see cref="Initialize"/> has it.</param>
    internal static int CountOf(int threads) => threads > 0 ? threads : Environment.ProcessorCount;
}
