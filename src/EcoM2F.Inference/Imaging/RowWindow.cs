using EcoM2F.Inference.Memory;
using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Imaging;

/// <summary>
/// The rows of an image, already resized along x, that one output row mixes. Only those are kept: a whole plane of them would
/// be 32 times the image for a line of pixels one wide. Owns its tables and a rented buffer.
/// </summary>
internal sealed class RowWindow : IDisposable
{
    private const int Channels = 3;

    private readonly DecodedImage _image;
    private readonly TriangleKernel _horizontal;
    private readonly RowReduction _reduction;
    private readonly int _rowLength;
    private readonly byte[] _rows;
    private int _first;
    private int _count;

    public RowWindow(DecodedImage image, InputSize size)
    {
        _image = image;
        _horizontal = TriangleKernel.Create(image.Width, size.Width);
        _reduction = new RowReduction(_horizontal, image.Width);
        Vertical = TriangleKernel.Create(image.Height, size.Height);
        _rowLength = size.Width * Channels;
        _rows = ImageArrays<byte>.Pool.Rent(checked(MostRows(Vertical) * _rowLength));
    }

    public TriangleKernel Vertical { get; }

    /// <summary>The rows of output row <paramref name="y"/>; ask in ascending order. [<c>Vertical.Count[y]</c>, output width, 3]</summary>
    public ReadOnlySpan<byte> Advance(int y)
    {
        var first = Vertical.First[y];
        var count = Vertical.Count[y];
        var kept = Math.Max(0, _first + _count - first);
        if (kept > 0)
        {
            _rows.AsSpan((first - _first) * _rowLength, kept * _rowLength).CopyTo(_rows);
        }

        var sourceLength = _image.Width * Channels;
        for (var row = kept; row < count; row++)
        {
            var source = _image.Pixels.Span.Slice((first + row) * sourceLength, sourceLength);
            _reduction.Run(source, _rows.AsSpan(row * _rowLength, _rowLength));
        }

        (_first, _count) = (first, Math.Max(kept, count));
        return _rows.AsSpan(0, count * _rowLength);
    }

    public void Dispose()
    {
        _reduction.Dispose();
        _horizontal.Dispose();
        Vertical.Dispose();
        ImageArrays<byte>.Pool.Return(_rows);
    }

    private static int MostRows(TriangleKernel kernel)
    {
        var most = 0;
        foreach (var count in kernel.Count)
        {
            most = Math.Max(most, count);
        }

        return most;
    }
}
