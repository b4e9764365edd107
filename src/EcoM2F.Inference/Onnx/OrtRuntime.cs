using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Inference.Onnx;

/// <summary>
/// The process-wide ONNX Runtime environment: one thread pool for all sessions, without spinning, so that idle sessions cost
/// nothing and one image at a time has every thread.
/// </summary>
public static class OrtRuntime
{
    private static readonly Lock Gate = new();
    private static int _threads = -1;

    /// <summary>Threads of the pool; 0 before <see cref="Initialize"/>.</summary>
    public static int Threads => Math.Max(_threads, 0);

    /// <summary>Must come before the first session; later calls change nothing.</summary>
    /// <param name="threads">0: every core the process may use.</param>
    public static void Initialize(int threads)
    {
        lock (Gate)
        {
            if (_threads >= 0)
            {
                return;
            }

            _threads = threads > 0 ? threads : Environment.ProcessorCount;
            using var threading = new OrtThreadingOptions
            {
                GlobalIntraOpNumThreads = _threads,
                GlobalInterOpNumThreads = 1,
                GlobalSpinControl = false,
            };
            var options = new EnvironmentCreationOptions
            {
                logId = "ecom2f",
                logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
                threadOptions = threading,
            };
            OrtEnv.CreateInstanceWithOptions(ref options);
        }
    }
}
