using System.Buffers;
using EcoM2F.Inference.Errors;

namespace EcoM2F.Serving.Http;

/// <summary>The bytes of an upload, in memory rented and counted as they arrive: a promised length costs nothing until it is kept.</summary>
internal sealed class UploadedImage : IDisposable
{
    private const int FirstRent = 64 * 1024;

    /// <summary>Larger buffers are made when asked for, and left to the garbage collector.</summary>
    private const int LargestKept = 16 << 20;

    /// <summary>Of each size, powers of two.</summary>
    private const int Kept = 16;

    /// <summary>One for all threads: the shared one keeps buffers for each, and the thread pool's come and go.</summary>
    private static readonly ArrayPool<byte> Pool = ArrayPool<byte>.Create(LargestKept, Kept);

    private byte[] _buffer = Pool.Rent(FirstRent);
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
            Pool.Return(buffer);
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

        var larger = Pool.Rent((int)Math.Min(_buffer.Length * 2L, Array.MaxLength));
        Bytes.Span.CopyTo(larger);
        Pool.Return(_buffer);
        _buffer = larger;
    }
}
