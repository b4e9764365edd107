using System.Buffers.Binary;
using System.IO.Compression;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Results;

namespace EcoM2F.Recipe.Tests;

/// <summary>PNGs of every kind that holds numbers, written by hand where no library writes them.</summary>
internal static class TestPng
{
    /// <summary>A panoptic PNG.</summary>
    public static void WriteIds(string path, int width, int height, int[] ids) =>
        File.WriteAllBytes(path, PanopticPng.Encode(new PanopticSegmentation(width, height, ids, [])));

    /// <summary>An 8-bit grey label map.</summary>
    public static void WriteLabels(string path, int width, int height, int[] labels) =>
        File.WriteAllBytes(path, Encode(width, height, 8, 0, Rows(height, width, [.. labels.Select(static label => (byte)label)])));

    /// <param name="rows">Each with its filter byte first.</param>
    public static byte[] Encode(int width, int height, byte depth, byte colour, byte[] rows, byte interlace = 0)
    {
        using var file = new MemoryStream();
        file.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9], header[12]) = (depth, colour, interlace);
        Chunk(file, "IHDR"u8, header);
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            zlib.Write(rows);
        }

        // In two parts, as large files have them.
        var bytes = packed.ToArray();
        Chunk(file, "IDAT"u8, bytes.AsSpan(0, bytes.Length / 2));
        Chunk(file, "IDAT"u8, bytes.AsSpan(bytes.Length / 2));
        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    public static byte[] Rows(int height, int rowBytes, byte[] pixels, byte filter = 0) =>
        [.. Enumerable.Range(0, height).SelectMany(y => pixels.AsSpan(y * rowBytes, rowBytes).ToArray().Prepend(filter))];

    private static void Chunk(MemoryStream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> content)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        file.Write(number);
        file.Write(type);
        file.Write(content);
        BinaryPrimitives.WriteUInt32BigEndian(number, Checksum([.. type, .. content]));
        file.Write(number);
    }

    private static uint Checksum(byte[] bytes)
    {
        var value = uint.MaxValue;
        foreach (var item in bytes)
        {
            value ^= item;
            for (var bit = 0; bit < 8; bit++)
            {
                value = (value & 1) == 0 ? value >> 1 : (value >> 1) ^ 0xEDB88320;
            }
        }

        return ~value;
    }
}
