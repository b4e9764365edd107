namespace EcoM2F.Inference.Imaging;

/// <summary>What an image's header says.</summary>
/// <param name="Width">Pixels, upright: after EXIF's rotation.</param>
/// <param name="Height">Pixels, upright: after EXIF's rotation.</param>
/// <param name="IsTurned">Whether that rotation exchanges rows and columns: the file itself stores Height x Width pixels.</param>
public sealed record ImageHeader(ImageFormat Format, int Width, int Height, bool IsTurned = false)
{
    public long Pixels => (long)Width * Height;
}
