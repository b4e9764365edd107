using System.Buffers.Binary;

namespace EcoM2F.Inference.Imaging;

/// <summary>
/// What a JPEG's markers say of its image (ITU-T T.81, annex B): components, Huffman tables, and which coefficients its scans have
/// given so far. A progressive image comes in many scans, a sequential one in one, or one for each component.
/// </summary>
internal sealed class JpegFrame
{
    private const int Coefficients = 64;
    private const byte Unseen = byte.MaxValue;
    private const byte Progressive = 0xC2;

    private readonly Dictionary<byte, JpegComponent> _components = [];

    /// <summary>Per component, the bits that each coefficient still lacks.</summary>
    private readonly Dictionary<byte, byte[]> _missingBits = [];

    /// <summary>By class (0x00 DC, 0x10 AC) and number.</summary>
    private readonly Dictionary<int, JpegHuffmanTable> _tables = [];

    private int _width;
    private int _height;
    private int _restartInterval;

    public bool IsProgressive { get; private set; }

    /// <summary>
    /// Whether every component has all bits of all coefficients. Never for arithmetic coding and other rare kinds, whose decoder
    /// does not notice that data end too early.
    /// </summary>
    public bool HasAllScans => _missingBits.Count > 0 && _missingBits.Values.All(static component => component.All(static bits => bits == 0));

    /// <summary>Reads one marker segment; those that say nothing of the image data are passed over.</summary>
    /// <param name="segment">Without its length.</param>
    public void Read(byte marker, ReadOnlySpan<byte> segment)
    {
        switch (marker)
        {
            case 0xC4:
                JpegHuffmanTable.ReadAll(segment, _tables);
                break;
            case 0xDD when segment.Length >= 2:
                _restartInterval = BinaryPrimitives.ReadUInt16BigEndian(segment);
                break;
            case >= 0xC0 and <= 0xCF and not (0xC8 or 0xCC):
                BeginFrame(marker, segment);
                break;
            case 0xDA:
                AddScan(segment);
                break;
        }
    }

    /// <param name="segment">Of the scan, as <see cref="Read"/> had it.</param>
    /// <returns>Null where the segment, tables or components are not whole.</returns>
    public JpegScan? SequentialScan(ReadOnlySpan<byte> segment)
    {
        if (!IsScan(segment))
        {
            return null;
        }

        var count = segment[0];
        var blocks = new List<JpegBlock>();
        var components = new List<JpegComponent>();
        for (var i = 0; i < count; i++)
        {
            var (id, tables) = (segment[1 + (2 * i)], segment[2 + (2 * i)]);
            if (!_components.TryGetValue(id, out var component) || !_tables.TryGetValue(tables >> 4, out var dc) || !_tables.TryGetValue(0x10 | (tables & 0xF), out var ac))
            {
                return null;
            }

            // A scan of one component goes block by block; one of several goes by units that hold a component's blocks side by side.
            components.Add(component);
            blocks.AddRange(Enumerable.Repeat(new JpegBlock(dc, ac), count == 1 ? 1 : component.Horizontal * component.Vertical));
        }

        return components.Count == 0 ? null : new JpegScan(blocks, Units(components), _restartInterval);
    }

    private long Units(List<JpegComponent> scanned)
    {
        const int BlockSide = 8;
        var (horizontal, vertical) = (_components.Values.Max(static component => component.Horizontal), _components.Values.Max(static component => component.Vertical));
        var (perUnitX, perUnitY) = scanned is [var only] ? (only.Horizontal, only.Vertical) : (1, 1);
        return Ceiling(_width * (long)perUnitX, (long)horizontal * BlockSide) * Ceiling(_height * (long)perUnitY, (long)vertical * BlockSide);

        static long Ceiling(long value, long divisor) => (value + divisor - 1) / divisor;
    }

    /// <param name="marker">SOF0 (baseline), SOF1 (extended) or SOF2 (progressive), all with Huffman coding; another leaves the image without scans.</param>
    /// <param name="segment">Precision, height, width, number of components; then for each its id, sampling and table.</param>
    private void BeginFrame(byte marker, ReadOnlySpan<byte> segment)
    {
        _missingBits.Clear();
        _components.Clear();
        IsProgressive = marker == Progressive;
        if (marker > Progressive || segment.Length < 6)
        {
            return;
        }

        (_height, _width) = (BinaryPrimitives.ReadUInt16BigEndian(segment[1..]), BinaryPrimitives.ReadUInt16BigEndian(segment[3..]));
        for (var offset = 6; offset + 3 <= segment.Length; offset += 3)
        {
            var (id, sampling) = (segment[offset], segment[offset + 1]);
            _components[id] = new JpegComponent(Math.Max(1, sampling >> 4), Math.Max(1, sampling & 0xF));
            _missingBits[id] = [.. Enumerable.Repeat(Unseen, Coefficients)];
        }
    }

    private static bool IsScan(ReadOnlySpan<byte> segment) => segment.Length >= 1 && segment.Length >= 4 + (2 * segment[0]);

    /// <param name="segment">Number of components; for each its id and tables; first and last coefficient, bit positions.</param>
    private void AddScan(ReadOnlySpan<byte> segment)
    {
        if (!IsScan(segment))
        {
            return;
        }

        var spectrum = segment[(1 + (2 * segment[0]))..];
        var (first, last, bits) = IsProgressive ? (spectrum[0], spectrum[1], spectrum[2] & 0xF) : (0, Coefficients - 1, 0);
        for (var i = 0; i < segment[0]; i++)
        {
            if (_missingBits.TryGetValue(segment[1 + (2 * i)], out var component) && first <= last && last < Coefficients)
            {
                component.AsSpan(first..(last + 1)).Fill((byte)bits);
            }
        }
    }
}
