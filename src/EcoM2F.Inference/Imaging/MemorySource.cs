using NetVips;

namespace EcoM2F.Inference.Imaging;

/// <summary>
/// Bytes that libvips reads where they are, a few kilobytes at a time: a source of its own would have a copy of them all, made for the header and
/// once more for the pixels. Must be disposed after the image that reads it, as native code calls back until then.
/// </summary>
internal sealed class MemorySource : SourceCustom
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private long _position;

    /// <param name="bytes">Not to be changed or given back before this is disposed.</param>
    public MemorySource(ReadOnlyMemory<byte> bytes)
    {
        _bytes = bytes;
        OnRead += Read;
        OnSeek += Seek;
    }

    private int Read(byte[] buffer, int length)
    {
        var left = _bytes.Span[(int)Math.Min(_position, _bytes.Length)..];
        var read = left[..Math.Min(left.Length, length)];
        read.CopyTo(buffer);
        _position += read.Length;
        return read.Length;
    }

    /// <returns>The new position; -1 before the first byte.</returns>
    private long Seek(long offset, SeekOrigin origin)
    {
        var position = offset + origin switch { SeekOrigin.Begin => 0, SeekOrigin.Current => _position, _ => _bytes.Length };
        return position < 0 ? -1 : _position = position;
    }
}
