using EcoM2F.Inference.Memory;

namespace EcoM2F.Inference.Imaging;

/// <summary>
/// An image as the model's reference sees it: upright, sRGB, 8 bits, without alpha. Managed memory only. Who disposes it gives its memory
/// to the next image, and must be the last who reads it; who does not leaves that to the garbage collector.
/// </summary>
public sealed class DecodedImage : IDisposable
{
    private const int Channels = 3;

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

    /// <summary>An image in memory that others had before.</summary>
    /// <param name="pixels">[height, width, 3]: to be filled.</param>
    internal static DecodedImage Rent(int width, int height, out Span<byte> pixels)
    {
        var rented = ImageArrays<byte>.Pool.Rent(checked(width * height * Channels));
        var memory = rented.AsMemory(0, width * height * Channels);
        pixels = memory.Span;
        return new DecodedImage(width, height, memory) { _rented = rented };
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
