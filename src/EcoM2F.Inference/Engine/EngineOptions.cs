using System.ComponentModel.DataAnnotations;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Settings;

namespace EcoM2F.Inference.Engine;

/// <summary>How the engine runs: where the models are, which device runs them, how many images may wait.</summary>
public sealed class EngineOptions
{
    public const string Section = "Engine";

    /// <seealso cref="Models.ModelsFolderLocator"/>
    [Setting(
        "Holds one folder per model. Not given: the first of these that exists: `models` in the content root, `models` beside the program, and, for a program built in the repository and not published, the repository's `models`. Relative paths count from the current directory.",
        Allowed = "a folder",
        Default = "found")]
    public string? ModelsFolder { get; set; }

    [Setting("What models run on.")]
    [RegularExpression("^(cpu|cuda)$", ErrorMessage = "Engine:ExecutionProvider must be 'cpu' or 'cuda'.")]
    public string ExecutionProvider { get; set; } = ExecutionTarget.CpuProvider;

    [Setting(
        "Which of its graphs every model runs; a model without them ends the start. Not given: on the CPU fp32, or the int8 graphs of a model that [`quantize`](performance.md) gave some, where a short measurement at start finds them faster; on CUDA fp16 where a model has it. The log and `/v1/models` say which.",
        Default = "the fastest")]
    [RegularExpression("^(fp32|int8|fp16)?$", ErrorMessage = "Engine:Precision must be 'fp32', 'int8' or 'fp16', or empty for the fastest.")]
    public string? Precision { get; set; }

    [Setting("CUDA device.")]
    [Range(0, 63, ErrorMessage = "Engine:DeviceId must be from 0 to 63.")]
    public int DeviceId { get; set; }

    [Setting("Threads of ONNX Runtime; 0 takes every core.")]
    [Range(0, 1024, ErrorMessage = "Engine:Threads must be from 0 (every core) to 1024.")]
    public int Threads { get; set; }

    [Setting("One less than the images that may be under way (decoding, waiting, running, being made into masks); more are refused with 503. Bounds memory, that of uploads too: all together take at most `Limits:MaxBytes` for each of them; `Scheduling:MaxQueueMilliseconds` bounds waiting.")]
    [Range(1, 100_000, ErrorMessage = "Engine:QueueImages must be from 1 to 100000.")]
    public int QueueImages { get; set; } = 64;

    [Setting("Megabytes (2^20 bytes) of stem outputs that are kept, so that the same image again runs only encoder and decoder ([the same image again](limits.md#the-same-image-again)). 0: none.")]
    [Range(0, 1_000_000, ErrorMessage = "Engine:StemCacheMegabytes must be from 0 (off) to 1000000.")]
    public int StemCacheMegabytes { get; set; } = 256;

    /// <remarks>If false, deadlines are not predicted until images have run.</remarks>
    [Setting("Whether models run at their most usual input before they count as ready, and then, where no image waits, at the others and every exit.")]
    public bool Warmup { get; set; } = true;
}
