using EcoM2F.Inference.Memory;

namespace EcoM2F.Inference.Imaging;

/// <summary>
/// An image as the model's reference sees it: upright, sRGB, 8 bits, without alpha. Managed memory only. Who disposes it gives its memory
/// to the next image, and must be the last who reads it; who does not leaves that to the garbage collector.
/// </summary>
public sealed class DecodedImage : IDisposable
{
    private byte[]? _rented;

    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="pixels">[height, width, 3], RGB, row by row; not copied.</param>
    public DecodedImage(int width, int height, ReadOnlyMemory<byte> pixels) => (Width, Height, Pixels) = (width, height, pixels);

    /// <summary>In pixels.</summary>
    public int Width { get; }

    /// <summary>In pixels.</summary>
    public int Height { get; }

    /// <summary>[<see cref="Height"/>, <see cref="Width"/>, 3], RGB, row by row; empty once disposed.</summary>
    public ReadOnlyMemory<byte> Pixels { get; private set; }

    /// <summary>Copies pixels into memory that other images had before.</summary>
    /// <param name="conversion">What makes sRGB of them; null: they are.</param>
    internal static DecodedImage Copy(int width, int height, ReadOnlySpan<byte> pixels, ProfileConversion? conversion)
    {
        var rented = ImageArrays<byte>.Pool.Rent(pixels.Length);
        if (conversion is null)
        {
            pixels.CopyTo(rented);
        }
        else
        {
            conversion.Convert(pixels, rented);
        }

        return new DecodedImage(width, height, rented.AsMemory(0, pixels.Length)) { _rented = rented };
    }

    /// <summary>May be called from any thread, and more than once.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _rented, null) is { } rented)
        {
            Pixels = default;
            ImageArrays<byte>.Pool.Return(rented);
        }
    }
}
