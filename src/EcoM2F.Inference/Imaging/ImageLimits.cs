using System.ComponentModel.DataAnnotations;
using EcoM2F.Inference.Settings;

namespace EcoM2F.Inference.Imaging;

/// <summary>What an uploaded image may be. All are checked from the header, before a pixel is decoded; over one is TooLarge.</summary>
public sealed class ImageLimits
{
    [Setting("Bytes of an image; over it 413.")]
    [Range(1, int.MaxValue)]
    public int MaxBytes { get; set; } = 32 << 20;

    /// <remarks>100 megapixels are 300 MB once decoded.</remarks>
    [Setting("Width times height, from the header; over it 413. An image takes about 20 bytes per pixel at worst while it is decoded or turned into an answer; `Scheduling:HostMegabytes` bounds what all take together.")]
    [Range(1, 700_000_000)]
    public int MaxPixels { get; set; } = 100_000_000;

    [Setting("Frames or pages; over it 413, within it the first is used.")]
    [Range(1, int.MaxValue)]
    public int MaxFrames { get; set; } = 1000;
}
