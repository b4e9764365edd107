using EcoM2F.Inference.Memory;
using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Imaging;

/// <summary>
/// A model input [1, 3, Height, Width], NCHW, RGB, normalised. Owns a buffer that images before had, which goes back on
/// <see cref="Dispose"/>; dispose only after whatever reads <see cref="Memory"/> is done. Not thread-safe.
/// </summary>
internal sealed class ImageTensor : IDisposable
{
    private float[]? _rented;

    /// <summary>Rents an uninitialised tensor.</summary>
    public ImageTensor(InputSize size)
    {
        Size = size;
        Length = checked(3 * size.Height * size.Width);
        _rented = ImageArrays<float>.Pool.Rent(Length);
    }

    public InputSize Size { get; }

    /// <summary>3 * Height * Width.</summary>
    public int Length { get; }

    /// <summary>[1, 3, Height, Width].</summary>
    public long[] Shape => [1, 3, Size.Height, Size.Width];

    /// <summary>Exactly <see cref="Length"/> values.</summary>
    /// <exception cref="ObjectDisposedException">The buffer went back already.</exception>
    public Memory<float> Memory
    {
        get
        {
            ObjectDisposedException.ThrowIf(_rented is null, this);
            return _rented.AsMemory(0, Length);
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _rented, null) is { } rented)
        {
            ImageArrays<float>.Pool.Return(rented);
        }
    }
}
