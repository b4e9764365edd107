using EcoM2F.Inference.Imaging;

namespace EcoM2F.Inference.Pipeline;

/// <summary>Bytes that an image's pixels take on the host at worst, known from its header (docs/operations.md, Memory).</summary>
internal static class PixelMemory
{
    private const int Working = 20;

    /// <summary>RGB, 8 bits each.</summary>
    private const int Decoded = 3;

    /// <summary>While the image is decoded, or turned into an answer.</summary>
    public static long ToWorkOn(ImageHeader header) => Working * header.Pixels;

    /// <summary>Between decoding and the choice of a size.</summary>
    public static long ToKeep(ImageHeader header) => Decoded * header.Pixels;
}
