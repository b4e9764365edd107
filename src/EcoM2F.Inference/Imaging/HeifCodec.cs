using System.Buffers.Binary;
using System.Text;

namespace EcoM2F.Inference.Imaging;

/// <summary>Tells what an image in HEIF's container is coded with, from the container's own list of items.</summary>
internal static class HeifCodec
{
    private const int BoxHeader = 8;

    /// <returns>The four-character code of the first coded item, of the major brand where there is no list, null where neither says anything.</returns>
    public static string? Find(ReadOnlySpan<byte> bytes)
    {
        var items = Child(Child(bytes, "meta"u8, 0), "iinf"u8, 4);
        if (items.Length >= 8)
        {
            var isShort = items[0] == 0; // the version, before flags, decides how wide the count is
            for (var rest = items[(isShort ? 6 : 8)..]; TryReadBox(rest, out var content, out var length); rest = rest[length..])
            {
                if (rest[4..].StartsWith("infe"u8) && ItemType(content) is { } type && type is not ("grid" or "iden" or "iovl" or "Exif" or "mime" or "tmap"))
                {
                    return type;
                }
            }
        }

        return bytes.Length < 12 ? null : Encoding.ASCII.GetString(bytes.Slice(8, 4)) switch
        {
            "heic" or "heix" or "heim" or "heis" or "hevc" or "hevx" => "hvc1",
            "avci" or "avcs" => "avc1",
            "vvic" or "vvis" => "vvc1",
            "j2ki" or "j2is" => "j2k1",
            _ => null,
        };
    }

    /// <summary>Item information, version 2 or 3: version and flags, item id (16 or 32 bits), protection (16), type.</summary>
    private static string? ItemType(ReadOnlySpan<byte> information)
    {
        var offset = information.Length > 0 && information[0] == 2 ? 8 : 10;
        return information.Length >= offset + 4 && information[0] is 2 or 3 ? Encoding.ASCII.GetString(information.Slice(offset, 4)) : null;
    }

    /// <param name="skip">Bytes of <paramref name="parent"/> before its first child.</param>
    /// <returns>What the first child of that type holds; empty where there is none.</returns>
    private static ReadOnlySpan<byte> Child(ReadOnlySpan<byte> parent, ReadOnlySpan<byte> type, int skip)
    {
        for (var rest = parent[Math.Min(skip, parent.Length)..]; TryReadBox(rest, out var content, out var length); rest = rest[length..])
        {
            if (rest[4..].StartsWith(type))
            {
                return content;
            }
        }

        return default;
    }

    /// <summary>Reads a box of a 32-bit length; one that says more than there is holds what there is.</summary>
    private static bool TryReadBox(ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> content, out int length)
    {
        content = default;
        length = 0;
        if (bytes.Length < BoxHeader)
        {
            return false;
        }

        var said = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        length = (int)Math.Min(said == 0 ? uint.MaxValue : said, (uint)bytes.Length);
        if (length < BoxHeader)
        {
            return false;
        }

        content = bytes[BoxHeader..length];
        return true;
    }
}
