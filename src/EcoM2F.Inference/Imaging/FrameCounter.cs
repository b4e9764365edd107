using System.Buffers.Binary;

namespace EcoM2F.Inference.Imaging;

/// <summary>
/// Counts frames and pages by walking a container's blocks, so that a file with very many is refused before a decoder indexes
/// it. Every walk stops at the first frame over the limit and at the first byte that makes no sense; whether such a file is
/// broken, the decoder says.
/// </summary>
internal static class FrameCounter
{
    /// <returns>Frames found, at most <paramref name="limit"/> + 1; 1 for containers that hold one image or are not walked.</returns>
    public static int Count(ImageFormat format, ReadOnlySpan<byte> bytes, int limit) => format switch
    {
        ImageFormat.Gif => CountGif(bytes, limit),
        ImageFormat.Tiff => CountTiff(bytes, limit),
        ImageFormat.WebP => CountWebP(bytes, limit),
        _ => 1,
    };

    /// <summary>GIF89a: screen descriptor, colour table, then extensions (0x21) and images (0x2C) made of length-prefixed sub-blocks.</summary>
    private static int CountGif(ReadOnlySpan<byte> bytes, int limit)
    {
        if (bytes.Length < 13)
        {
            return 0;
        }

        var frames = 0;
        var position = 13 + ColourTableLength(bytes[10]);
        while (position < bytes.Length && frames <= limit)
        {
            switch (bytes[position])
            {
                case 0x21:
                    position = SkipSubBlocks(bytes, position + 2);
                    break;
                case 0x2C when position + 10 < bytes.Length:
                    frames++;
                    position = SkipSubBlocks(bytes, position + 11 + ColourTableLength(bytes[position + 9]));
                    break;
                default:
                    return frames; // 0x3B ends the file; anything else is for the decoder
            }
        }

        return frames;

        static int ColourTableLength(byte flags) => (flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1);

        static int SkipSubBlocks(ReadOnlySpan<byte> bytes, int position)
        {
            while (position < bytes.Length && bytes[position] != 0)
            {
                position += bytes[position] + 1;
            }

            return position + 1;
        }
    }

    /// <summary>TIFF: a linked list of directories. A list that closes on itself counts as endless, hence over any limit.</summary>
    private static int CountTiff(ReadOnlySpan<byte> bytes, int limit)
    {
        if (bytes.Length < 16)
        {
            return 0;
        }

        var little = bytes[0] == 'I';
        var big = bytes[little ? 2 : 3] == 43;
        var frames = 0;
        var offset = big ? ReadU64(bytes[8..], little) : ReadU32(bytes[4..], little);
        while (offset != 0 && offset < (ulong)bytes.Length && frames <= limit)
        {
            frames++;
            var directory = bytes[(int)offset..];
            var prefix = big ? 8 : 2;
            if (directory.Length < prefix)
            {
                break;
            }

            var entries = big ? ReadU64(directory, little) : ReadU16(directory, little);
            var next = (UInt128)entries * (big ? 20u : 12u) + (uint)prefix;
            if (next + (big ? 8u : 4u) > (UInt128)directory.Length)
            {
                break;
            }

            var link = directory[(int)next..];
            offset = big ? ReadU64(link, little) : ReadU32(link, little);
        }

        return frames;
    }

    /// <summary>WebP: RIFF chunks of even length; each <c>ANMF</c> is a frame.</summary>
    private static int CountWebP(ReadOnlySpan<byte> bytes, int limit)
    {
        var frames = 0;
        long position = 12;
        while (position + 8 <= bytes.Length && frames <= limit)
        {
            var chunk = bytes[(int)position..];
            frames += chunk.StartsWith("ANMF"u8) ? 1 : 0;
            long length = BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]);
            position += 8 + length + (length & 1);
        }

        return Math.Max(frames, 1);
    }

    private static ulong ReadU16(ReadOnlySpan<byte> at, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(at) : BinaryPrimitives.ReadUInt16BigEndian(at);

    private static ulong ReadU32(ReadOnlySpan<byte> at, bool little) =>
        little ? BinaryPrimitives.ReadUInt32LittleEndian(at) : BinaryPrimitives.ReadUInt32BigEndian(at);

    private static ulong ReadU64(ReadOnlySpan<byte> at, bool little) =>
        little ? BinaryPrimitives.ReadUInt64LittleEndian(at) : BinaryPrimitives.ReadUInt64BigEndian(at);
}
