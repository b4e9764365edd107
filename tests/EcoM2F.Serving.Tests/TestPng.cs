using System.Buffers.Binary;
using System.IO.Compression;

namespace EcoM2F.Serving.Tests;

/// <summary>PNG files written by hand, so that tests need no image library of the product's.</summary>
internal static class TestPng
{
    private static readonly byte[] Signature = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a];

    /// <summary>A colour gradient with a bright square in it.</summary>
    public static byte[] Photo(int width = 96, int height = 64)
    {
        var rows = new byte[height * (1 + (width * 3))];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var inside = x > width / 4 && x < width / 2 && y > height / 4 && y < height / 2;
                var at = (y * (1 + (width * 3))) + 1 + (x * 3);
                rows[at] = (byte)(inside ? 250 : x * 255 / width);
                rows[at + 1] = (byte)(inside ? 240 : y * 255 / height);
                rows[at + 2] = (byte)(inside ? 30 : (x + y) & 0xff);
            }
        }

        return Write(width, height, rows);
    }

    /// <summary>A header that promises far more pixels than there are.</summary>
    public static byte[] Promising(int width, int height) => Write(width, height, new byte[16]);

    private static byte[] Write(int width, int height, byte[] rows)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, 2); // eight bits, RGB
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            zlib.Write(rows);
        }

        return [.. Signature, .. Chunk("IHDR"u8, header), .. Chunk("IDAT"u8, packed.ToArray()), .. Chunk("IEND"u8, [])];
    }

    private static byte[] Chunk(ReadOnlySpan<byte> type, byte[] data)
    {
        var chunk = new byte[12 + data.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        type.CopyTo(chunk.AsSpan(4));
        data.CopyTo(chunk, 8);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + data.Length), Crc(chunk.AsSpan(4, 4 + data.Length)));
        return chunk;
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0xedb88320;
            }
        }

        return ~crc;
    }
}
