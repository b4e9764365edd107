using System.Buffers.Binary;

namespace EcoM2F.Inference.Imaging;

/// <summary>
/// Gives a JPEG that lacks nothing but its end marker that marker, as browsers do. That no image data are missing before it is
/// shown by counting a sequential image's blocks. A progressive image's last scan is left to the decoder, which reads all scans
/// before it gives a row, and warns where it needs bits that are not there: it must be told to accept no warning. (For a
/// sequential image a warning in the last rows would come too late.)
/// </summary>
internal static class JpegEnd
{
    private const byte StartOfImage = 0xD8;
    private const byte EndOfImage = 0xD9;
    private const byte StartOfScan = 0xDA;

    /// <returns>
    /// What to decode in place of the file: with an end marker where that alone is missing, and in any case without the zeros that
    /// pad it, which a decoder would take for image data. Null where the file is to be decoded as it is.
    /// </returns>
    public static byte[]? Mend(ReadOnlySpan<byte> bytes)
    {
        if (bytes.EndsWith((ReadOnlySpan<byte>)[0xFF, EndOfImage]))
        {
            return null;
        }

        var length = bytes.TrimEnd((byte)0).Length;
        length += length < bytes.Length && bytes[length - 1] == 0xFF ? 1 : 0; // a zero behind 0xFF is image data
        var data = bytes[..length];
        return Find(data) switch
        {
            JpegEnding.OnlyMarkerMissing => [.. data, 0xFF, EndOfImage],
            JpegEnding.CutOff when length < bytes.Length => data.ToArray(),
            _ => null,
        };
    }

    /// <summary>Walks the markers, and counts the blocks of a last scan that no marker ends.</summary>
    private static JpegEnding Find(ReadOnlySpan<byte> bytes)
    {
        var frame = new JpegFrame();
        for (var position = 2; TryFindMarker(bytes, ref position, out var marker);)
        {
            if (marker == EndOfImage)
            {
                return JpegEnding.Marked;
            }

            if (marker is StartOfImage or 1 or (>= 0xD0 and <= 0xD7))
            {
                continue; // stands alone
            }

            var length = position + 2 > bytes.Length ? 0 : BinaryPrimitives.ReadUInt16BigEndian(bytes[position..]);
            if (length < 2 || position + length > bytes.Length)
            {
                return JpegEnding.CutOff;
            }

            var segment = bytes.Slice(position + 2, length - 2);
            position += length;
            frame.Read(marker, segment);
            var data = position;
            if (marker == StartOfScan && !SkipImageData(bytes, ref position))
            {
                var isWhole = frame.HasAllScans && (frame.IsProgressive || frame.SequentialScan(segment)?.IsWhole(bytes[data..]) == true);
                return isWhole ? JpegEnding.OnlyMarkerMissing : JpegEnding.CutOff;
            }
        }

        return JpegEnding.CutOff;
    }

    /// <param name="position">Moves behind the marker.</param>
    private static bool TryFindMarker(ReadOnlySpan<byte> bytes, ref int position, out byte marker)
    {
        marker = 0;
        var start = bytes[position..].IndexOf((byte)0xFF);
        if (start < 0)
        {
            return false;
        }

        position += start;
        while (position < bytes.Length && bytes[position] == 0xFF)
        {
            position++;
        }

        if (position == bytes.Length)
        {
            return false;
        }

        marker = bytes[position++];
        return true;
    }

    /// <summary>Image data end at a marker that is neither a stuffed 0xFF nor a restart.</summary>
    /// <param name="position">Moves to that marker.</param>
    /// <returns>False where the bytes end first.</returns>
    private static bool SkipImageData(ReadOnlySpan<byte> bytes, ref int position)
    {
        while (true)
        {
            var next = bytes[position..].IndexOf((byte)0xFF);
            if (next < 0 || position + next + 1 >= bytes.Length)
            {
                return false;
            }

            position += next;
            if (bytes[position + 1] is not (0 or 0xFF or (>= 0xD0 and <= 0xD7)))
            {
                return true;
            }

            position += bytes[position + 1] == 0xFF ? 1 : 2;
        }
    }
}
