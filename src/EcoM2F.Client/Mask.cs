namespace EcoM2F.Client;

/// <summary>A binary mask in COCO's compressed run-length encoding: runs go down columns, first of zeros.</summary>
/// <param name="Size">Height, width.</param>
/// <param name="Counts">Run lengths as ASCII, six bits a character, each from the third on as the difference from the one two before.</param>
public sealed record Mask(IReadOnlyList<int> Size, string Counts)
{
    private const int FirstCharacter = 48, DataBits = 5, DataMask = 0x1f, More = 0x20, Sign = 0x10;

    public int Height => Size[0];

    public int Width => Size[1];

    /// <returns>[Height, Width] row by row: whether the pixel belongs to the mask.</returns>
    /// <exception cref="FormatException">The counts are not a run-length encoding of this size.</exception>
    public bool[] ToPixels()
    {
        var pixels = new bool[Height * Width];
        var (position, inside) = (0, false);
        foreach (var run in Runs())
        {
            if (run < 0 || run > pixels.Length - position)
            {
                throw new FormatException($"The runs do not fit a mask of {Width} x {Height}.");
            }

            for (var end = position + run; position < end; position++)
            {
                pixels[(position % Height * Width) + (position / Height)] = inside;
            }

            inside = !inside;
        }

        return position == pixels.Length ? pixels : throw new FormatException($"The runs cover {position} pixels of a mask of {Width} x {Height}.");
    }

    private List<int> Runs()
    {
        var runs = new List<int>();
        for (var i = 0; i < Counts.Length;)
        {
            var (value, shift, bits) = (0L, 0, More);
            while ((bits & More) != 0)
            {
                bits = i < Counts.Length && shift < 32 ? Counts[i++] - FirstCharacter : throw new FormatException("The counts end inside a number.");
                value |= (long)(bits & DataMask) << shift;
                shift += DataBits;
            }

            if ((bits & Sign) != 0)
            {
                value |= -1L << shift;
            }

            runs.Add((int)(runs.Count > 2 ? value + runs[^2] : value));
        }

        return runs;
    }
}
