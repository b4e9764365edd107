using System.Buffers.Binary;

namespace EcoM2F.Inference.Imaging;

/// <summary>
/// The parts of an ICC profile (ICC.1) that say what its colours are: colour space, primaries and curves. Its name is not asked; "Linear sRGB" and
/// "Display P3, not sRGB" are names too.
/// </summary>
internal readonly ref struct IccProfile
{
    private const int HeaderLength = 128;
    private const int TagLength = 12;
    private const int MaxTags = 256;

    /// <summary>In XYZ units; profiles round sRGB's primaries by up to 0.001, and 0.003 moves no 8-bit value by more than 1.</summary>
    private const double PrimaryTolerance = 0.003;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _tags;

    public IccProfile(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        _tags = bytes.Length >= HeaderLength + 4
            ? (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(bytes[HeaderLength..]), (uint)Math.Min(MaxTags, (bytes.Length - HeaderLength - 4) / TagLength))
            : 0;
    }

    /// <summary>Columns of sRGB's matrix to XYZ, adapted to D50 (IEC 61966-2-1 with Bradford's transform).</summary>
    public static ReadOnlySpan<double> SrgbPrimaries =>
    [
        0.43607, 0.22249, 0.01392,
        0.38515, 0.71687, 0.09708,
        0.14307, 0.06061, 0.71410,
    ];

    /// <summary>Four characters: "RGB ", "GRAY", "CMYK" and others; empty if the bytes are not a profile.</summary>
    public ReadOnlySpan<byte> ColourSpace => _bytes.Length >= HeaderLength && _bytes[36..].StartsWith("acsp"u8) ? _bytes.Slice(16, 4) : default;

    /// <summary>Whether its colours are sRGB's as they are; for a grey profile, whether its curve is.</summary>
    public bool IsSrgb()
    {
        if (ColourSpace.SequenceEqual("GRAY"u8))
        {
            return new IccCurve(Tag("kTRC"u8)).IsSrgb();
        }

        return Primaries() is { } primaries
            && HasSrgbPrimaries(primaries)
            && new IccCurve(Tag("rTRC"u8)).IsSrgb() && new IccCurve(Tag("gTRC"u8)).IsSrgb() && new IccCurve(Tag("bTRC"u8)).IsSrgb();
    }

    /// <returns>From its 8-bit colours to sRGB's; null where it is not made of primaries and curves, or is damaged.</returns>
    public ProfileConversion? ToSrgb()
    {
        const int Levels = ProfileConversion.Levels;
        var curves = new double[3 * Levels];
        return Primaries() is { } primaries
            && new IccCurve(Tag("rTRC"u8)).TryEvaluate(curves.AsSpan(0, Levels))
            && new IccCurve(Tag("gTRC"u8)).TryEvaluate(curves.AsSpan(Levels, Levels))
            && new IccCurve(Tag("bTRC"u8)).TryEvaluate(curves.AsSpan(2 * Levels))
            ? new ProfileConversion(curves, primaries) : null;
    }

    private static bool HasSrgbPrimaries(double[] primaries)
    {
        for (var i = 0; i < primaries.Length; i++)
        {
            if (Math.Abs(primaries[i] - SrgbPrimaries[i]) > PrimaryTolerance)
            {
                return false;
            }
        }

        return true;
    }

    /// <returns>XYZ of red, green and blue, one after another; null where the profile is not of RGB by primaries alone: tables, where there are any, take precedence.</returns>
    private double[]? Primaries()
    {
        const int First = 8, Length = 4; // type and reserved; then three numbers of 16.16 bits
        if (!ColourSpace.SequenceEqual("RGB "u8) || !_bytes[20..].StartsWith("XYZ "u8) || HasTables())
        {
            return null;
        }

        var primaries = new double[9];
        for (var i = 0; i < primaries.Length; i++)
        {
            var tag = Tag((i / 3) switch { 0 => "rXYZ"u8, 1 => "gXYZ"u8, _ => "bXYZ"u8 });
            if (tag.Length < First + (3 * Length) || !tag.StartsWith("XYZ "u8))
            {
                return null;
            }

            primaries[i] = BinaryPrimitives.ReadInt32BigEndian(tag[(First + (i % 3 * Length))..]) / 65536.0;
        }

        return primaries;
    }

    private bool HasTables() => !Tag("A2B0"u8).IsEmpty || !Tag("A2B1"u8).IsEmpty || !Tag("D2B0"u8).IsEmpty || !Tag("D2B1"u8).IsEmpty;

    /// <returns>What the tag holds, its type first; empty where it is not there or does not lie within the profile.</returns>
    private ReadOnlySpan<byte> Tag(ReadOnlySpan<byte> signature)
    {
        for (var i = 0; i < _tags; i++)
        {
            var entry = _bytes.Slice(HeaderLength + 4 + (i * TagLength), TagLength);
            if (!entry.StartsWith(signature))
            {
                continue;
            }

            var (offset, length) = (BinaryPrimitives.ReadUInt32BigEndian(entry[4..]), BinaryPrimitives.ReadUInt32BigEndian(entry[8..]));
            return (ulong)offset + length <= (ulong)_bytes.Length ? _bytes.Slice((int)offset, (int)length) : default;
        }

        return default;
    }
}
