using System.Buffers;
using EcoM2F.Inference.Errors;

namespace EcoM2F.Serving.Http;

/// <summary>The bytes of an upload, in memory rented and counted as they arrive: a promised length costs nothing until it is kept.</summary>
internal sealed class UploadedImage : IDisposable
{
    private const int FirstRent = 64 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstRent);
    private readonly UploadMemory _memory;
    private int _length;

    private UploadedImage(UploadSource source, UploadMemory memory) => (Source, _memory) = (source, memory);

    public UploadSource Source { get; }

    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, _length);

    /// <summary>Reads to the end; the caller disposes.</summary>
    /// <param name="limit">Bytes.</param>
    /// <returns>Null when there are more bytes than <paramref name="limit"/>.</returns>
    /// <exception cref="SegmentationException">Overloaded: all uploads together take as much as they may.</exception>
    public static async Task<UploadedImage?> ReadAsync(Stream stream, UploadSource source, long limit, UploadMemory memory, CancellationToken cancellationToken)
    {
        var image = new UploadedImage(source, memory);
        try
        {
            while (true)
            {
                image.MakeRoom();
                var read = await stream.ReadAsync(image._buffer.AsMemory(image._length), cancellationToken);
                memory.Take(read);
                image._length += read;
                if (image._length > limit)
                {
                    image.Dispose();
                    return null;
                }

                if (read == 0)
                {
                    return image;
                }
            }
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        var buffer = Interlocked.Exchange(ref _buffer, []);
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            _memory.Return(_length);
        }

        _length = 0;
    }

    private void MakeRoom()
    {
        if (_length < _buffer.Length)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(_buffer.Length * 2L, Array.MaxLength));
        Bytes.Span.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
