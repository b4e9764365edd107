using System.Buffers.Binary;
using System.Text;
using EcoM2F.Inference.Imaging;
using NetVips;

namespace EcoM2F.Inference.Tests.Imaging;

/// <summary>Images made in memory, ordinary and hostile.</summary>
internal static class TestImages
{
    static TestImages() => VipsRuntime.EnsureInitialized();

    /// <summary>Smooth colours that JPEG keeps: red grows along x, green along y, blue is 64.</summary>
    public static byte[] Gradient(int width, int height)
    {
        var pixels = new byte[width * height * 3];
        for (var i = 0; i < width * height; i++)
        {
            pixels[i * 3] = (byte)(255 * (i % width) / Math.Max(1, width - 1));
            pixels[(i * 3) + 1] = (byte)(255 * (i / width) / Math.Max(1, height - 1));
            pixels[(i * 3) + 2] = 64;
        }

        return pixels;
    }

    public static Image Rgb(int width, int height) => Image.NewFromMemoryCopy<byte>(Gradient(width, height), width, height, 3, Enums.BandFormat.Uchar)
        .Copy(interpretation: Enums.Interpretation.Srgb);

    public static Image Bands(byte[] pixels, int width, int height, int bands, Enums.Interpretation interpretation) =>
        Image.NewFromMemoryCopy<byte>(pixels, width, height, bands, Enums.BandFormat.Uchar).Copy(interpretation: interpretation);

    public static byte[] WithOrientation(int width, int height, int orientation)
    {
        using var image = Rgb(width, height).Mutate(m => m.Set(GValue.GIntType, "orientation", orientation));
        return image.JpegsaveBuffer(q: 95, subsampleMode: Enums.ForeignSubsample.Off);
    }

    /// <summary>One-pixel frames, written by hand: no encoder is asked for so many.</summary>
    public static byte[] Gif(int frames, byte red = 200)
    {
        using var stream = new MemoryStream();
        stream.Write([.. "GIF89a"u8, 1, 0, 1, 0, 0x80, 0, 0, red, 10, 20, 0, 0, 0]);
        for (var i = 0; i < frames; i++)
        {
            // Image descriptor, then LZW: clear, colour 0 (1 in later frames), end.
            stream.Write([0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, (byte)(i == 0 ? 0x44 : 0x4C), 0x01, 0]);
        }

        stream.WriteByte(0x3B);
        return stream.ToArray();
    }

    /// <summary>A PNG whose header claims any size; it holds hardly any data.</summary>
    public static byte[] PngHeader(uint width, uint height)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteUInt32BigEndian(header, width);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), height);
        header[8] = 8;
        header[9] = 2;
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, .. Chunk("IHDR", header), .. Chunk("IDAT", [0x78, 0x9C, 3, 0, 0, 0, 0, 1]), .. Chunk("IEND", [])];
    }

    public static byte[] Chunk(string type, byte[] data)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(type), .. data];
        var chunk = new byte[body.Length + 8];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        body.CopyTo(chunk, 4);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(4 + body.Length), Crc(body));
        return chunk;
    }

    /// <summary>A classic little-endian TIFF of one uncompressed strip that claims any size.</summary>
    public static byte[] TiffHeader(uint width, uint height) => Tiff(width, height, []);

    /// <summary>8 x 8 grey pixels with further entries, or others in place of the usual ones: tag, type, value.</summary>
    public static byte[] Tiff(params (ushort Tag, ushort Type, uint Value)[] entries) => Tiff(8, 8, entries);

    private static byte[] Tiff(uint width, uint height, (ushort Tag, ushort Type, uint Value)[] others)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write("II*\0"u8);
        writer.Write(8u);
        (ushort Tag, ushort Type, uint Value)[] entries =
            [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 200), (277, 3, 1), (278, 4, height), (279, 4, 64)];
        entries = [.. others.UnionBy(entries, static entry => entry.Tag).OrderBy(static entry => entry.Tag)];
        writer.Write((ushort)entries.Length);
        foreach (var (tag, type, value) in entries)
        {
            writer.Write(tag);
            writer.Write(type);
            writer.Write(1u);
            writer.Write(value);
        }

        writer.Write(0u);
        writer.Write(new byte[512]);
        return stream.ToArray();
    }

    /// <summary>Directories without an entry that matters, linked one after the other; the last may link to the first.</summary>
    public static byte[] TiffPages(int pages, bool loop = false)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write("II*\0"u8);
        writer.Write(8u);
        for (var page = 0; page < pages; page++)
        {
            writer.Write((ushort)0);
            writer.Write(page + 1 < pages ? (uint)(8 + ((page + 1) * 6)) : loop ? 8u : 0u);
        }

        writer.Write(new byte[16]);
        return stream.ToArray();
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320u);
            }
        }

        return ~crc;
    }
}
