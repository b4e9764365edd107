using System.Buffers.Binary;

namespace EcoM2F.Inference.Imaging;

/// <summary>The entries of a TIFF's first directory that say what kind of image it holds.</summary>
internal sealed record TiffDirectory
{
    private const int MaxEntries = 4096;

    /// <summary>How the image data are coded; 1 is uncompressed, TIFF's default.</summary>
    public int Compression { get; private init; } = 1;

    /// <summary>Written by a camera as it read its sensor: what a TIFF decoder finds in such a file is at best a thumbnail.</summary>
    public bool IsCameraRaw { get; private init; }

    /// <returns>Null where the bytes hold no whole directory.</returns>
    public static TiffDirectory? Read(ReadOnlySpan<byte> bytes)
    {
        const int SubfileType = 254, CompressionTag = 259, Photometric = 262, SubDirectories = 330, DngVersion = 50706;
        const int ColourFilterArray = 32803, LinearRaw = 34892;
        const ulong ReducedImage = 1;
        if (bytes.Length < 16)
        {
            return null;
        }

        var values = ReadEntries(bytes);
        if (values is null)
        {
            return null;
        }

        var photometric = values.GetValueOrDefault(Photometric);
        var isCanonRaw = bytes[8..].StartsWith("CR"u8);
        var isThumbnail = (values.GetValueOrDefault(SubfileType) & ReducedImage) != 0 && values.ContainsKey(SubDirectories);
        return new TiffDirectory
        {
            Compression = (int)Math.Min(values.GetValueOrDefault(CompressionTag, 1u), int.MaxValue),
            IsCameraRaw = isCanonRaw || isThumbnail || photometric is ColourFilterArray or LinearRaw || values.ContainsKey(DngVersion),
        };
    }

    /// <returns>Tag to first value, of the entries whose values are integers.</returns>
    private static Dictionary<int, ulong>? ReadEntries(ReadOnlySpan<byte> bytes)
    {
        var little = bytes[0] == 'I';
        var big = bytes[little ? 2 : 3] == 43;
        var offset = big ? Integer(bytes.Slice(8, 8), little) : Integer(bytes.Slice(4, 4), little);
        var prefix = big ? 8 : 2;
        if (offset > (ulong)(bytes.Length - prefix))
        {
            return null;
        }

        var directory = bytes[(int)offset..];
        var count = Integer(directory[..prefix], little);
        var length = big ? 20 : 12;
        if (count > MaxEntries || prefix + ((int)count * length) > directory.Length)
        {
            return null;
        }

        var values = new Dictionary<int, ulong>();
        for (var i = 0; i < (int)count; i++)
        {
            var entry = directory.Slice(prefix + (i * length), length);
            var width = Integer(entry.Slice(2, 2), little) switch { 1 => 1, 3 => 2, 4 or 13 => 4, 16 or 18 when big => 8, _ => 0 };
            if (width > 0)
            {
                values.TryAdd((int)Integer(entry[..2], little), Integer(entry.Slice(big ? 12 : 8, width), little));
            }
        }

        return values;
    }

    private static ulong Integer(ReadOnlySpan<byte> at, bool little) => at.Length switch
    {
        1 => at[0],
        2 => little ? BinaryPrimitives.ReadUInt16LittleEndian(at) : BinaryPrimitives.ReadUInt16BigEndian(at),
        4 => little ? BinaryPrimitives.ReadUInt32LittleEndian(at) : BinaryPrimitives.ReadUInt32BigEndian(at),
        _ => little ? BinaryPrimitives.ReadUInt64LittleEndian(at) : BinaryPrimitives.ReadUInt64BigEndian(at),
    };
}
