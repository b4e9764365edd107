using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Cli.Segment.Datasets;

/// <summary>
/// Label Studio's masks: the values of an RGBA picture row by row, 255 inside and 0 outside in all four channels, packed as runs of bits
/// (the format of <c>@thi.ng/rle-pack</c>): the number of values, the bits of a value and four sizes of a run's length, each less one, and then
/// for each run a 1, which of the four sizes, the length less one, and the value.
/// </summary>
internal static class LabelStudioRle
{
    private const int Channels = 4;
    private const byte Inside = 255;
    private const int ValueBits = 8;

    /// <summary>Bits of a run's length, as Label Studio's own encoder has them.</summary>
    private static readonly int[] LengthBits = [3, 4, 8, 16];

    public static byte[] Encode(CocoRle mask)
    {
        var pixels = new byte[mask.Height * mask.Width];
        mask.Decode(pixels);
        var bits = new BitWriter();
        bits.Write(pixels.Length * Channels, 32);
        bits.Write(ValueBits - 1, 5);
        foreach (var size in LengthBits)
        {
            bits.Write(size - 1, 4);
        }

        var start = 0;
        for (var i = 1; i <= pixels.Length; i++)
        {
            if (i == pixels.Length || pixels[i] != pixels[start])
            {
                WriteRun(bits, (i - start) * Channels, pixels[start] == 0 ? (byte)0 : Inside);
                start = i;
            }
        }

        return bits.ToBytes();
    }

    private static void WriteRun(BitWriter bits, int length, byte value)
    {
        while (length > 0)
        {
            var size = Array.FindIndex(LengthBits, sizeBits => length <= 1 << sizeBits);
            size = size < 0 ? LengthBits.Length - 1 : size;
            var taken = Math.Min(length, 1 << LengthBits[size]);
            bits.Write(1, 1);
            bits.Write(size, 2);
            bits.Write(taken - 1, LengthBits[size]);
            bits.Write(value, ValueBits);
            length -= taken;
        }
    }

    /// <summary>Bits into bytes, the highest first.</summary>
    private sealed class BitWriter
    {
        private readonly List<byte> _bytes = [];
        private int _free;

        public void Write(int value, int count)
        {
            for (var bit = count - 1; bit >= 0; bit--)
            {
                if (_free == 0)
                {
                    _bytes.Add(0);
                    _free = 8;
                }

                _bytes[^1] |= (byte)(((value >> bit) & 1) << --_free);
            }
        }

        public byte[] ToBytes() => [.. _bytes];
    }
}
