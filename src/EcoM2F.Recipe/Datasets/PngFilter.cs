namespace EcoM2F.Recipe.Datasets;

/// <summary>The five filters of PNG (ISO/IEC 15948, chapter 9): each byte is stored less what its neighbours predict.</summary>
internal static class PngFilter
{
    /// <param name="row">Becomes what it was before it was filtered.</param>
    /// <param name="above">The row before, unfiltered; zeros for the first.</param>
    /// <param name="step">Bytes from a pixel to its left neighbour.</param>
    public static void Undo(int filter, Span<byte> row, ReadOnlySpan<byte> above, int step)
    {
        switch (filter)
        {
            case 0:
                break;
            case 1:
                for (var i = step; i < row.Length; i++)
                {
                    row[i] += row[i - step];
                }

                break;
            case 2:
                for (var i = 0; i < row.Length; i++)
                {
                    row[i] += above[i];
                }

                break;
            case 3:
                for (var i = 0; i < row.Length; i++)
                {
                    row[i] += (byte)(((i < step ? 0 : row[i - step]) + above[i]) / 2);
                }

                break;
            case 4:
                for (var i = 0; i < row.Length; i++)
                {
                    row[i] += i < step ? above[i] : Paeth(row[i - step], above[i], above[i - step]);
                }

                break;
            default:
                throw new InvalidDataException($"a row has filter {filter}; allowed are 0 to 4.");
        }
    }

    private static byte Paeth(int left, int up, int corner)
    {
        var (toLeft, toUp, toCorner) = (Math.Abs(up - corner), Math.Abs(left - corner), Math.Abs(left + up - corner - corner));
        return (byte)(toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner);
    }
}
