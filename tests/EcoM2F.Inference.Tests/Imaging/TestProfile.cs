using System.Buffers.Binary;
using System.Text;

namespace EcoM2F.Inference.Tests.Imaging;

/// <summary>ICC profiles written by hand, whatever they are called.</summary>
internal static class TestProfile
{
    public static readonly double[] SrgbPrimaries = [0.4361, 0.2225, 0.0139, 0.3851, 0.7169, 0.0971, 0.1431, 0.0606, 0.7141];
    public static readonly double[] P3Primaries = [0.5151, 0.2412, -0.0011, 0.2920, 0.6922, 0.0419, 0.1571, 0.0666, 0.7841];

    public static readonly double[] AdobePrimaries = [0.6097, 0.3111, 0.0195, 0.2053, 0.6257, 0.0609, 0.1492, 0.0632, 0.7446];

    /// <summary>sRGB's as a parametric function of kind 3.</summary>
    public static byte[] SrgbCurve { get; } = Parametric(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045);

    public static byte[] LinearCurve { get; } = [.. "curv"u8, 0, 0, 0, 0, 0, 0, 0, 0];

    public static byte[] Gamma(double gamma) => Parametric(0, gamma);

    /// <summary>As many samples as asked for, of any function from 0 to 1.</summary>
    public static byte[] Table(int count, Func<double, double> curve) =>
        [.. "curv"u8, 0, 0, 0, 0, .. BigEndian(count), .. Enumerable.Range(0, count).Select(i => (int)Math.Round(ushort.MaxValue * curve((double)i / (count - 1)))).SelectMany(static value => (byte[])[(byte)(value >> 8), (byte)value])];

    public static double SrgbToLinear(double value) => value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);

    public static byte[] Rgb(string name, double[] primaries, byte[] curve) => Create(
        "RGB ",
        name,
        ("rXYZ", Xyz(primaries[..3])),
        ("gXYZ", Xyz(primaries[3..6])),
        ("bXYZ", Xyz(primaries[6..])),
        ("rTRC", curve),
        ("gTRC", curve),
        ("bTRC", curve));

    public static byte[] Grey(string name, byte[] curve) => Create("GRAY", name, ("kTRC", curve));

    private static byte[] Create(string colourSpace, string name, params (string Tag, byte[] Content)[] tags)
    {
        (string Tag, byte[] Content)[] all = [("desc", Description(name)), ("wtpt", Xyz([0.9642, 1, 0.8249])), .. tags];
        var offset = 128 + 4 + (12 * all.Length);
        var (table, content) = (new List<byte>(BigEndian(all.Length)), new List<byte>());
        foreach (var (tag, bytes) in all)
        {
            table.AddRange([.. Encoding.ASCII.GetBytes(tag), .. BigEndian(offset + content.Count), .. BigEndian(bytes.Length)]);
            content.AddRange([.. bytes, .. new byte[-bytes.Length & 3]]);
        }

        var header = new byte[128];
        BigEndian(offset + content.Count).CopyTo(header, 0);
        header[8] = 2; // version 2.4, the last whose description is plain text
        header[9] = 0x40;
        Encoding.ASCII.GetBytes($"mntr{colourSpace}XYZ ").CopyTo(header, 12);
        "acsp"u8.CopyTo(header.AsSpan(36));
        Xyz([0.9642, 1, 0.8249])[8..].CopyTo(header, 68); // D50
        return [.. header, .. table, .. content];
    }

    private static byte[] Description(string name) =>
        [.. "desc"u8, 0, 0, 0, 0, .. BigEndian(name.Length + 1), .. Encoding.ASCII.GetBytes(name), .. new byte[1 + 4 + 4 + 2 + 1 + 67]];

    private static byte[] Xyz(double[] values) => [.. "XYZ "u8, 0, 0, 0, 0, .. values.SelectMany(Fixed)];

    private static byte[] Parametric(byte kind, params double[] values) => [.. "para"u8, 0, 0, 0, 0, 0, kind, 0, 0, .. values.SelectMany(Fixed)];

    private static byte[] Fixed(double value) => BigEndian((int)Math.Round(value * 65536));

    private static byte[] BigEndian(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}
