using EcoM2F.Inference.Imaging;

namespace EcoM2F.Inference.Pipeline;

/// <summary>Bytes that an image's pixels take on the host at worst, known from its header (docs/operations.md, Memory).</summary>
internal static class PixelMemory
{
    private const int Working = 20;

    /// <summary>RGB, 8 bits each.</summary>
    private const int Decoded = 3;

    /// <summary>While an image is decoded, or masks are turned into an answer.</summary>
    /// <param name="pixels">Of the image, or of the masks.</param>
    public static long ToWorkOn(long pixels) => Working * pixels;

    /// <summary>Between decoding and the choice of a size.</summary>
    public static long ToKeep(ImageHeader header) => Decoded * header.Pixels;
}
