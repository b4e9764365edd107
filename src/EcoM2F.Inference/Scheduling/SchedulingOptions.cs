using System.ComponentModel.DataAnnotations;
using EcoM2F.Inference.Settings;

namespace EcoM2F.Inference.Scheduling;

/// <summary>What load does to images: how much compute they may take, and when new ones are refused (docs/reliability.md).</summary>
public sealed class SchedulingOptions
{
    public const string Section = "Scheduling";

    [Setting("Within which an image should be answered, from its admission; where others wait, size and depth go down to keep it ([the law of load](reliability.md#the-law-of-load)). 0: they never depend on load.")]
    [Range(0, 600_000, ErrorMessage = "Scheduling:TargetMilliseconds must be from 0 (off) to 600000.")]
    public int TargetMilliseconds { get; set; } = 500;

    [Setting("What all images in progress may take together, each at its cheapest allowed point; one more is refused with 503 ([refusals](reliability.md#refusals)). 0: no limit.")]
    [Range(0, 600_000, ErrorMessage = "Scheduling:MaxQueueMilliseconds must be from 0 (no limit) to 600000.")]
    public int MaxQueueMilliseconds { get; set; } = 800;

    [Setting("Most images that run on the CPU at the same time, each in a stage of its own ([side by side](reliability.md#side-by-side)); never more than threads of ONNX Runtime. 1: one after the other, as on CUDA in any case.")]
    [Range(1, 64, ErrorMessage = "Scheduling:MaxParallel must be from 1 (one after the other) to 64.")]
    public int MaxParallel { get; set; } = 2;

    [Setting("Most images that run through a stage together, where measurements at warm-up say that it pays ([batches](reliability.md#batches)). 1: every image alone, and nothing is measured, as in any case where images run side by side.")]
    [Range(1, 64, ErrorMessage = "Scheduling:MaxBatch must be from 1 (every image alone) to 64.")]
    public int MaxBatch { get; set; } = 8;

    /// <remarks>An image that needs more has it alone.</remarks>
    [Setting("Megabytes (2^20 bytes) that pixels of all images may take while they are decoded and turned into answers ([memory](reliability.md#memory)). 0: a quarter of the memory that the process may use.")]
    [Range(0, 1_000_000, ErrorMessage = "Scheduling:HostMegabytes must be from 0 (a quarter of the memory) to 1000000.")]
    public int HostMegabytes { get; set; }
}
