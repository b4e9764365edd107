using System.ComponentModel.DataAnnotations;
using EcoM2F.Inference.Onnx;

namespace EcoM2F.Inference.Engine;

/// <summary>How the engine runs: where the models are, which device runs them, how many images may wait.</summary>
public sealed class EngineOptions
{
    public const string Section = "Engine";

    /// <summary>Folder that holds one folder per model. Null or empty: see <see cref="Models.ModelsFolderLocator"/>.</summary>
    public string? ModelsFolder { get; set; }

    /// <summary><c>cpu</c> or <c>cuda</c>.</summary>
    /// <value>cpu</value>
    [RegularExpression("^(cpu|cuda)$", ErrorMessage = "Engine:ExecutionProvider must be 'cpu' or 'cuda'.")]
    public string ExecutionProvider { get; set; } = ExecutionTarget.CpuProvider;

    /// <summary><c>fp32</c>, <c>int8</c> or <c>fp16</c>: which of its graphs every model runs.</summary>
    /// <value>empty: of those that a model has, what is fastest on this machine, by a short measurement at start</value>
    [RegularExpression("^(fp32|int8|fp16)?$", ErrorMessage = "Engine:Precision must be 'fp32', 'int8' or 'fp16', or empty for the fastest.")]
    public string? Precision { get; set; }

    /// <summary>Index of the CUDA device; not read on the CPU.</summary>
    /// <value>0</value>
    [Range(0, 63, ErrorMessage = "Engine:DeviceId must be from 0 to 63.")]
    public int DeviceId { get; set; }

    /// <summary>Threads of the ONNX Runtime pool that all models share; 0: one per core that the process may use.</summary>
    /// <value>0</value>
    [Range(0, 1024, ErrorMessage = "Engine:Threads must be from 0 (every core) to 1024.")]
    public int Threads { get; set; }

    /// <summary>Images that may be in progress in addition to the running one (being decoded, waiting, being made into masks) before new ones are refused with 503.</summary>
    /// <value>64</value>
    [Range(1, 100_000, ErrorMessage = "Engine:QueueImages must be from 1 to 100000.")]
    public int QueueImages { get; set; } = 64;

    /// <summary>Megabytes (2^20 bytes) of stem outputs that are kept, so that the same image again runs only encoder and decoder. 0: none.</summary>
    /// <value>256</value>
    [Range(0, 1_000_000, ErrorMessage = "Engine:StemCacheMegabytes must be from 0 (off) to 1000000.")]
    public int StemCacheMegabytes { get; set; } = 256;

    /// <summary>Whether models run at their most usual input before they count as ready, and then, where no image waits, at the others and every exit.</summary>
    /// <value>true; if false, deadlines are not predicted until images have run</value>
    public bool Warmup { get; set; } = true;
}
