using EcoM2F.Inference.Models;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Inference.Onnx;

/// <summary>Where graphs run: the CPU, or one CUDA device.</summary>
/// <param name="Provider"><see cref="CpuProvider"/> or <see cref="CudaProvider"/>.</param>
/// <param name="DeviceId">Index of the CUDA device; not read on the CPU.</param>
public sealed record ExecutionTarget(string Provider, int DeviceId = 0)
{
    public const string CpuProvider = "cpu";

    public const string CudaProvider = "cuda";

    public static ExecutionTarget Cpu { get; } = new(CpuProvider);

    public bool IsCuda => Provider == CudaProvider;

    /// <summary>ONNX Runtime's name of the provider.</summary>
    internal string OrtName => IsCuda ? "CUDAExecutionProvider" : "CPUExecutionProvider";

    /// <summary>Operators of our own run on the CPU; elsewhere they would fetch every tensor from the device and back.</summary>
    internal string FastestFlavour => IsCuda ? GraphFlavours.Portable : GraphFlavours.Fused;

    /// <summary>Where tensors stay between stages. The caller disposes.</summary>
    internal OrtMemoryInfo CreateDeviceMemory() => IsCuda
        ? new OrtMemoryInfo(OrtMemoryInfo.allocatorCUDA, OrtAllocatorType.DeviceAllocator, DeviceId, OrtMemType.Default)
        : new OrtMemoryInfo(OrtMemoryInfo.allocatorCPU, OrtAllocatorType.DeviceAllocator, 0, OrtMemType.Default);

    /// <summary>All optimisations, the shared thread pool, and no memory pattern: input sizes alternate. The caller disposes.</summary>
    internal SessionOptions CreateSessionOptions() => Create(static options => options.DisablePerSessionThreads());

    /// <summary>
    /// The same for a session whose profiler notes where nodes run and how long they take. It stays off the shared pool: profiling a pool while other
    /// sessions run on it fails them ("LogStart must pair with LogEnd").
    /// </summary>
    internal SessionOptions CreateRecordingOptions(int threads) => Create(options =>
    {
        UseOwnThreads(options, threads);
        options.AddSessionConfigEntry("session.set_denormal_as_zero", "1");
        options.ProfileOutputPathPrefix = Path.Combine(Path.GetTempPath(), "ecom2f-profile-" + Path.GetRandomFileName());
        options.EnableProfiling = true;
    });

    /// <summary>Of a graph that is not ours, as ONNX Runtime runs it for others: with planned memory, on threads that compute denormal floats unless told otherwise.</summary>
    internal SessionOptions CreatePeerOptions(bool denormalsAreZero) => Create(options =>
    {
        UseOwnThreads(options, OrtRuntime.Threads);
        options.AddSessionConfigEntry("session.set_denormal_as_zero", denormalsAreZero ? "1" : "0");
        options.EnableMemoryPattern = true;
    });

    private static void UseOwnThreads(SessionOptions options, int threads)
    {
        options.IntraOpNumThreads = threads;
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0"); // as the shared pool
    }

    private SessionOptions Create(Action<SessionOptions> adapt)
    {
        var options = new SessionOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            EnableMemoryPattern = false,
        };
        try
        {
            options.AddSessionConfigEntry("session.use_env_allocators", "1");
            adapt(options);
            if (IsCuda)
            {
                AppendCuda(options);
            }

            return options;
        }
        catch
        {
            options.Dispose();
            throw;
        }
    }

    private void AppendCuda(SessionOptions options)
    {
        using var cuda = new OrtCUDAProviderOptions();
        cuda.UpdateOptions(new Dictionary<string, string>
        {
            ["device_id"] = DeviceId.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["use_tf32"] = "0", // TF32 keeps 10 bits of mantissa: outside the canary's tolerance
            ["cudnn_conv_algo_search"] = "HEURISTIC", // no seconds-long search at every new size
            ["arena_extend_strategy"] = "kSameAsRequested",
        });
        options.AppendExecutionProvider_CUDA(cuda);
    }
}
