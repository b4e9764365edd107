using System.Buffers;

namespace EcoM2F.Inference.Tests.Plain;

/// <summary>
/// Finds the runs of every segment of a label map in one pass. Columns are walked in blocks of 64, so that each cache line is
/// read once although runs go down columns.
/// </summary>
internal static class PlainLabelMapRuns
{
    private const int BlockColumns = 64;

    /// <param name="labels">[height, width] row by row.</param>
    /// <param name="runs">By label; labels outside, and those whose entry is null, are skipped.</param>
    public static void Collect(ReadOnlySpan<int> labels, int height, int width, ReadOnlySpan<PlainMaskRuns?> runs)
    {
        var starts = ArrayPool<int>.Shared.Rent(BlockColumns * height); // [block column, change]: row where a run begins
        try
        {
            for (var x = 0; x < width; x += BlockColumns)
            {
                CollectBlock(labels, height, width, x, runs, starts);
            }
        }
        finally
        {
            ArrayPool<int>.Shared.Return(starts);
        }
    }

    private static void CollectBlock(ReadOnlySpan<int> labels, int height, int width, int x, ReadOnlySpan<PlainMaskRuns?> runs, int[] starts)
    {
        var columns = Math.Min(BlockColumns, width - x);
        Span<int> counts = stackalloc int[BlockColumns];
        counts.Clear();
        for (var y = 1; y < height; y++)
        {
            var above = labels.Slice(((y - 1) * width) + x, columns);
            var row = labels.Slice((y * width) + x, columns);
            if (row.SequenceEqual(above))
            {
                continue;
            }

            for (var column = 0; column < columns; column++)
            {
                if (row[column] != above[column])
                {
                    starts[(column * height) + counts[column]++] = y;
                }
            }
        }

        for (var column = 0; column < columns; column++)
        {
            AddColumn(labels, height, width, x + column, runs, starts.AsSpan(column * height, counts[column]));
        }
    }

    private static void AddColumn(ReadOnlySpan<int> labels, int height, int width, int x, ReadOnlySpan<PlainMaskRuns?> runs, ReadOnlySpan<int> starts)
    {
        var start = 0;
        for (var i = 0; i <= starts.Length; i++)
        {
            var end = i < starts.Length ? starts[i] : height;
            var label = labels[(start * width) + x];
            if ((uint)label < (uint)runs.Length)
            {
                runs[label]?.Add((x * height) + start, (x * height) + end);
            }

            start = end;
        }
    }
}
