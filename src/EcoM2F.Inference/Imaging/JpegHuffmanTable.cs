namespace EcoM2F.Inference.Imaging;

/// <summary>A Huffman table of a JPEG (ITU-T T.81, annex C): codes of a length are consecutive numbers.</summary>
internal sealed class JpegHuffmanTable
{
    private const int MaxLength = 16;

    private readonly int[] _firstCode = new int[MaxLength + 1];
    private readonly int[] _count = new int[MaxLength + 1];
    private readonly int[] _firstValue = new int[MaxLength + 1];
    private readonly byte[] _values;

    private JpegHuffmanTable(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> values)
    {
        _values = values.ToArray();
        var (code, value) = (0, 0);
        for (var length = 1; length <= MaxLength; length++)
        {
            (_firstCode[length], _count[length], _firstValue[length]) = (code, counts[length - 1], value);
            code = (code + counts[length - 1]) << 1;
            value += counts[length - 1];
        }
    }

    /// <summary>A segment may hold several tables; one that is not whole is left out.</summary>
    /// <param name="tables">Get them by class and number, the first byte of each.</param>
    public static void ReadAll(ReadOnlySpan<byte> segment, Dictionary<int, JpegHuffmanTable> tables)
    {
        while (segment.Length > MaxLength)
        {
            var counts = segment.Slice(1, MaxLength);
            var total = 0;
            foreach (var count in counts)
            {
                total += count;
            }

            if (segment.Length < 1 + MaxLength + total)
            {
                return;
            }

            tables[segment[0]] = new JpegHuffmanTable(counts, segment.Slice(1 + MaxLength, total));
            segment = segment[(1 + MaxLength + total)..];
        }
    }

    /// <returns>The next value; -1 where the data end before it does, or hold no code of the table.</returns>
    public int Decode(ref JpegBits bits)
    {
        var code = 0;
        for (var length = 1; length <= MaxLength; length++)
        {
            var bit = bits.Read(1);
            if (bit < 0)
            {
                return -1;
            }

            code = (code << 1) | bit;
            var place = code - _firstCode[length];
            if (place >= 0 && place < _count[length])
            {
                return _values[_firstValue[length] + place];
            }
        }

        return -1;
    }
}
