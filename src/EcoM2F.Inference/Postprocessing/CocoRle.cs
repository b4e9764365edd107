namespace EcoM2F.Inference.Postprocessing;

/// <summary>COCO's compressed run-length encoding of a binary mask: runs go down columns, first of zeros.</summary>
/// <param name="Counts">ASCII, as pycocotools writes it.</param>
public sealed record CocoRle(int Height, int Width, string Counts)
{
    /// <param name="mask">[height, width] row by row; anything but 0 belongs to the mask.</param>
    public static CocoRle FromMask(ReadOnlySpan<byte> mask, int height, int width)
    {
        using var map = new RunMap(height, width);
        var row = new int[width];
        for (var y = 0; y < height; y++)
        {
            var source = mask.Slice(y * width, width);
            for (var x = 0; x < row.Length; x++)
            {
                row[x] = source[x] == 0 ? 0 : 1;
            }

            map.AddRow(row);
        }

        using var runs = new MaskRuns(height, width);
        map.AddTo([null, runs]);
        return runs.ToRle();
    }

    /// <param name="counts">Run lengths down the columns, of zeros and ones in turn, zeros first.</param>
    /// <exception cref="FormatException">A count is negative, or they do not add up to <paramref name="height"/> x <paramref name="width"/>.</exception>
    public static CocoRle FromCounts(ReadOnlySpan<int> counts, int height, int width)
    {
        var total = 0L;
        foreach (var count in counts)
        {
            total = count >= 0 ? total + count : throw new FormatException($"A run length is {count}; allowed are 0 and more.");
        }

        return total == (long)height * width
            ? new CocoRle(height, width, RunLengthCodec.Encode(counts))
            : throw new FormatException($"The runs cover {total} pixels of a mask of {width} x {height}.");
    }

    /// <summary>Run lengths down the columns, of zeros and ones in turn, zeros first.</summary>
    /// <exception cref="FormatException">The counts are not a run-length encoding of this size.</exception>
    public int[] ToCounts() => [.. RunLengthCodec.Decode(Counts, Height, Width)];

    /// <summary>Number of pixels in the mask.</summary>
    /// <exception cref="FormatException">The counts are not a run-length encoding of this size.</exception>
    public int Area()
    {
        var area = 0;
        var counts = RunLengthCodec.Decode(Counts, Height, Width);
        for (var i = 1; i < counts.Count; i += 2)
        {
            area += counts[i];
        }

        return area;
    }

    /// <summary>Writes the mask as 0 and 1.</summary>
    /// <param name="mask">[Height, Width] row by row, at least that long.</param>
    /// <exception cref="FormatException">The counts are not a run-length encoding of this size.</exception>
    public void Decode(Span<byte> mask)
    {
        mask = mask[..(Height * Width)];
        mask.Clear();
        var position = 0;
        var counts = RunLengthCodec.Decode(Counts, Height, Width);
        for (var i = 0; i < counts.Count; i++)
        {
            if (i % 2 == 1)
            {
                Fill(mask, position, position + counts[i]);
            }

            position += counts[i];
        }
    }

    private void Fill(Span<byte> mask, int start, int end)
    {
        var (x, y) = Math.DivRem(start, Height);
        for (var i = start; i < end; i++)
        {
            mask[(y * Width) + x] = 1;
            if (++y == Height)
            {
                (x, y) = (x + 1, 0);
            }
        }
    }
}
