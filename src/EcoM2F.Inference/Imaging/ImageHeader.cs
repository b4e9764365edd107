namespace EcoM2F.Inference.Imaging;

/// <summary>What an image's header says.</summary>
/// <param name="Width">Pixels, upright: after EXIF's rotation.</param>
/// <param name="Height">Pixels, upright: after EXIF's rotation.</param>
public sealed record ImageHeader(ImageFormat Format, int Width, int Height)
{
    public long Pixels => (long)Width * Height;
}
