using System.Buffers.Binary;
using System.IO.Compression;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Results;

namespace EcoM2F.TestSupport;

/// <summary>PNGs written by hand: of every kind that holds numbers, and made-up photographs that need no image library.</summary>
public static class TestPng
{
    private const byte Rgb = 2;

    /// <summary>A panoptic PNG.</summary>
    public static void WriteIds(string path, int width, int height, int[] ids) =>
        File.WriteAllBytes(path, PanopticPng.Encode(new PanopticSegmentation(width, height, ids, [])));

    /// <summary>An 8-bit grey label map.</summary>
    public static void WriteLabels(string path, int width, int height, int[] labels) =>
        File.WriteAllBytes(path, Encode(width, height, 8, 0, Rows(height, width, [.. labels.Select(static label => (byte)label)])));

    /// <summary>A colour gradient with a bright square in it.</summary>
    public static byte[] Photo(int width = 96, int height = 64)
    {
        var pixels = new byte[height * width * 3];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var inside = x > width / 4 && x < width / 2 && y > height / 4 && y < height / 2;
                var at = ((y * width) + x) * 3;
                pixels[at] = (byte)(inside ? 250 : x * 255 / width);
                pixels[at + 1] = (byte)(inside ? 240 : y * 255 / height);
                pixels[at + 2] = (byte)(inside ? 30 : (x + y) & 0xff);
            }
        }

        return Encode(width, height, 8, Rgb, Rows(height, width * 3, pixels));
    }

    /// <summary>A header that promises far more pixels than there are.</summary>
    public static byte[] Promising(int width, int height) => Encode(width, height, 8, Rgb, new byte[16]);

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
