using EcoM2F.Inference.Memory;

namespace EcoM2F.Inference.Postprocessing;

/// <summary>
/// pycocotools' text form of run lengths: each count, from the fourth on less the one two before it, in groups of 5 bits from
/// the lowest, a sixth bit for "more follows", offset by 48; the last group's top bit is the sign.
/// </summary>
internal static class RunLengthCodec
{
    private const int Offset = 48;
    private const int More = 0x20;
    private const int Sign = 0x10;

    /// <summary>32-bit counts need seven groups of 5 bits.</summary>
    private const int MaxShift = 30;

    private const int MaxCharacters = 7;

    public static string Encode(ReadOnlySpan<int> counts)
    {
        var text = ImageArrays<char>.Pool.Rent(counts.Length * MaxCharacters);
        var length = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            var value = i > 2 ? counts[i] - counts[i - 2] : counts[i];
            bool more;
            do
            {
                var group = value & 0x1F;
                value >>= 5;
                more = (group & Sign) != 0 ? value != -1 : value != 0;
                text[length++] = (char)((more ? group | More : group) + Offset);
            }
            while (more);
        }

        var result = new string(text, 0, length);
        ImageArrays<char>.Pool.Return(text);
        return result;
    }

    /// <returns>Counts that add up to <paramref name="height"/> x <paramref name="width"/>.</returns>
    /// <exception cref="FormatException">Anything else.</exception>
    public static List<int> Decode(string text, int height, int width)
    {
        var counts = new List<int>();
        long total = 0;
        for (var position = 0; position < text.Length;)
        {
            var value = DecodeOne(text, ref position);
            if (counts.Count > 2)
            {
                value += counts[^2];
            }

            total += value;
            if (value < 0 || total > (long)height * width)
            {
                throw new FormatException($"Run {counts.Count} of {value} pixels does not fit a mask of {width} x {height}.");
            }

            counts.Add((int)value);
        }

        return total == (long)height * width
            ? counts
            : throw new FormatException($"The runs cover {total} pixels of a mask of {width} x {height}.");
    }

    private static long DecodeOne(string text, ref int position)
    {
        long value = 0;
        for (var shift = 0; shift <= MaxShift; shift += 5)
        {
            if (position == text.Length || text[position] - Offset is < 0 or >= 2 * More)
            {
                throw new FormatException($"The run lengths end early or contain an invalid character at {position}.");
            }

            var group = text[position++] - Offset;
            value |= (long)(group & 0x1F) << shift;
            if ((group & More) == 0)
            {
                return (group & Sign) != 0 ? value | (-1L << (shift + 5)) : value;
            }
        }

        throw new FormatException($"The run length before {position} is too long.");
    }
}
