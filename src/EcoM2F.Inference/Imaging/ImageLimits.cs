using System.ComponentModel.DataAnnotations;

namespace EcoM2F.Inference.Imaging;

/// <summary>What an uploaded image may be. All are checked from the header, before a pixel is decoded; over one is TooLarge.</summary>
public sealed class ImageLimits
{
    /// <summary>Encoded size.</summary>
    /// <value>32 MiB.</value>
    [Range(1, int.MaxValue)]
    public int MaxBytes { get; set; } = 32 << 20;

    /// <summary>Width times height.</summary>
    /// <value>100 megapixels: 300 MB once decoded.</value>
    [Range(1, 700_000_000)]
    public int MaxPixels { get; set; } = 100_000_000;

    /// <summary>Frames of an animation or pages of a TIFF; within it the first is used.</summary>
    /// <value>1000.</value>
    [Range(1, int.MaxValue)]
    public int MaxFrames { get; set; } = 1000;
}
