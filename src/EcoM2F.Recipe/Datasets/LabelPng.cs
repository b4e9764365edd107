using System.Buffers.Binary;
using System.IO.Compression;

namespace EcoM2F.Recipe.Datasets;

/// <summary>
/// Whole numbers from a PNG: grey values, palette indexes, or R + 256 G + 65536 B. The general decoder is of no use here: it turns
/// palette indexes into colours and spreads grey values of less than eight bits.
/// </summary>
/// <param name="IsColour">Whether the numbers are made of three channels.</param>
/// <param name="Values">[Height, Width] row by row.</param>
internal sealed record LabelPng(int Width, int Height, bool IsColour, int[] Values)
{
    private const int Grey = 0;
    private const int Rgb = 2;
    private const int Palette = 3;
    private const int Rgba = 6;

    private const long MaxPixels = 100_000_000;

    /// <summary>Deflate packs at most this many bytes into one: a header that promises more lies.</summary>
    private const long MostPacked = 1032;

    private static ReadOnlySpan<byte> Signature => [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    /// <exception cref="RecipeException">Not there, or not a PNG that holds numbers; the message names the file.</exception>
    public static LabelPng Read(string file, out byte[] bytes)
    {
        try
        {
            bytes = File.ReadAllBytes(file);
            return Decode(bytes);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new RecipeException($"There is no file {file}.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new RecipeException($"{file} cannot be read as a label PNG: {exception.Message}", exception);
        }
    }

    /// <exception cref="InvalidDataException">Not a PNG, a damaged one, or one of a kind that holds no numbers.</exception>
    /// <exception cref="IOException">It breaks off.</exception>
    public static LabelPng Decode(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.StartsWith(Signature))
        {
            throw new InvalidDataException("it is not a PNG.");
        }

        PngHeader? header = null;
        using var packed = new MemoryStream();
        for (var rest = bytes[Signature.Length..]; ;)
        {
            var chunk = NextChunk(ref rest, out var type);
            if (type.SequenceEqual("IHDR"u8))
            {
                header = PngHeader.Parse(chunk);
            }
            else if (type.SequenceEqual("IDAT"u8))
            {
                packed.Write(chunk);
            }
            else if (type.SequenceEqual("IEND"u8))
            {
                break;
            }
        }

        packed.Position = 0;
        return Unpack(header ?? throw new InvalidDataException("it has no header."), packed);
    }

    private static ReadOnlySpan<byte> NextChunk(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> type)
    {
        const int Around = 12; // length and type before, checksum after
        if (rest.Length < Around || BinaryPrimitives.ReadUInt32BigEndian(rest) is var length && length > rest.Length - Around)
        {
            throw new InvalidDataException("it breaks off.");
        }

        type = rest.Slice(4, 4);
        var chunk = rest.Slice(8, (int)length);
        rest = rest[(Around + (int)length)..];
        return chunk;
    }

    private static LabelPng Unpack(PngHeader header, MemoryStream packed)
    {
        var rowBytes = header.RowBytes;
        if ((long)header.Width * header.Height > MaxPixels || (rowBytes + 1L) * header.Height > (packed.Length + 1) * MostPacked)
        {
            throw new InvalidDataException($"its header promises {header.Width} x {header.Height} pixels; at most {MaxPixels} are read, and no more than its data can hold.");
        }

        using var stream = new ZLibStream(packed, CompressionMode.Decompress);
        var values = new int[header.Width * header.Height];
        var (row, previous) = (new byte[rowBytes], new byte[rowBytes]);
        for (var y = 0; y < header.Height; y++)
        {
            var filter = stream.ReadByte();
            stream.ReadExactly(row);
            PngFilter.Undo(filter, row, previous, header.PixelBytes);
            header.ReadRow(row, values.AsSpan(y * header.Width, header.Width));
            (row, previous) = (previous, row);
        }

        return stream.ReadByte() < 0
            ? new LabelPng(header.Width, header.Height, header.Channels >= 3, values)
            : throw new InvalidDataException("it holds more than its header promises.");
    }

    private sealed record PngHeader(int Width, int Height, int Depth, int Channels)
    {
        public int RowBytes => (int)((((long)Width * Depth * Channels) + 7) / 8);

        public int PixelBytes => Math.Max(1, Depth * Channels / 8);

        public static PngHeader Parse(ReadOnlySpan<byte> chunk)
        {
            if (chunk.Length != 13)
            {
                throw new InvalidDataException("its header is damaged.");
            }

            var (width, height) = (BinaryPrimitives.ReadUInt32BigEndian(chunk), BinaryPrimitives.ReadUInt32BigEndian(chunk[4..]));
            var (depth, colour, interlace) = (chunk[8], chunk[9], chunk[12]);
            if (width is 0 or > 65_535 || height is 0 or > 65_535)
            {
                throw new InvalidDataException($"it has {width} x {height} pixels; a side has 1 to 65535.");
            }

            if (interlace != 0)
            {
                throw new InvalidDataException("it is interlaced; save it without.");
            }

            return (colour, depth) switch
            {
                (Grey, 1 or 2 or 4 or 8 or 16) or (Palette, 1 or 2 or 4 or 8) => new PngHeader((int)width, (int)height, depth, 1),
                (Rgb, 8) => new PngHeader((int)width, (int)height, depth, 3),
                (Rgba, 8) => new PngHeader((int)width, (int)height, depth, 4),
                _ => throw new InvalidDataException($"it is of PNG colour type {colour} with {depth} bits; ids are in grey, palette or 8-bit RGB images."),
            };
        }

        public void ReadRow(ReadOnlySpan<byte> row, Span<int> values)
        {
            for (var x = 0; x < values.Length; x++)
            {
                values[x] = (Channels, Depth) switch
                {
                    (1, 8) => row[x],
                    (1, 16) => (row[2 * x] << 8) | row[(2 * x) + 1],
                    (1, _) => (row[x * Depth / 8] >> (8 - Depth - (x * Depth % 8))) & ((1 << Depth) - 1),
                    _ => row[x * Channels] | (row[(x * Channels) + 1] << 8) | (row[(x * Channels) + 2] << 16),
                };
            }
        }
    }
}
