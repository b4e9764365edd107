namespace EcoM2F.Inference.Postprocessing;

/// <summary>COCO's compressed run-length encoding of a binary mask: runs go down columns, first of zeros.</summary>
/// <param name="Counts">ASCII, as pycocotools writes it.</param>
public sealed record CocoRle(int Height, int Width, string Counts)
{
    /// <param name="mask">[height, width] row by row; anything but 0 belongs to the mask.</param>
    public static CocoRle FromMask(ReadOnlySpan<byte> mask, int height, int width)
    {
        using var builder = new MaskRunBuilder(height, width);
        var row = new byte[width];
        for (var y = 0; y < height; y++)
        {
            var source = mask.Slice(y * width, width);
            for (var x = 0; x < row.Length; x++)
            {
                row[x] = source[x] == 0 ? (byte)0 : (byte)1;
            }

            builder.AddRow(row);
        }

        return builder.ToRuns().ToRle();
    }

    /// <summary>Number of pixels in the mask.</summary>
    /// <exception cref="FormatException">The counts are no run-length encoding of this size.</exception>
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
    /// <exception cref="FormatException">The counts are no run-length encoding of this size.</exception>
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
