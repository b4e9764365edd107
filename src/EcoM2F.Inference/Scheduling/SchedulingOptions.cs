using System.ComponentModel.DataAnnotations;

namespace EcoM2F.Inference.Scheduling;

/// <summary>What load does to images: how much compute they may take, and when new ones are refused (docs/reliability.md).</summary>
public sealed class SchedulingOptions
{
    public const string Section = "Scheduling";

    /// <summary>Milliseconds from its admission within which an image should be answered; where others wait, compute goes down to keep it. 0: compute never depends on load.</summary>
    /// <value>500</value>
    [Range(0, 600_000, ErrorMessage = "Scheduling:TargetMilliseconds must be from 0 (off) to 600000.")]
    public int TargetMilliseconds { get; set; } = 500;

    /// <summary>Milliseconds that the images in progress and a new one may take together, each at its cheapest allowed point; a new image over it is refused with 503. 0: no limit.</summary>
    /// <value>800</value>
    [Range(0, 600_000, ErrorMessage = "Scheduling:MaxQueueMilliseconds must be from 0 (no limit) to 600000.")]
    public int MaxQueueMilliseconds { get; set; } = 800;

    /// <summary>Most images that run through a stage together, where measurements at warm-up say that it takes less time. 1: every image alone.</summary>
    /// <value>8</value>
    [Range(1, 64, ErrorMessage = "Scheduling:MaxBatch must be from 1 (every image alone) to 64.")]
    public int MaxBatch { get; set; } = 8;

    /// <summary>Megabytes (2^20 bytes) that pixels of all images may take while they are decoded and turned into answers; an image that needs more has it alone. 0: a quarter of the memory that the process may use.</summary>
    /// <value>0</value>
    [Range(0, 1_000_000, ErrorMessage = "Scheduling:HostMegabytes must be from 0 (a quarter of the memory) to 1000000.")]
    public int HostMegabytes { get; set; }
}
