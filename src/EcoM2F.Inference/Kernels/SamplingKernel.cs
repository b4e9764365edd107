using System.Runtime.CompilerServices;

namespace EcoM2F.Inference.Kernels;

/// <summary>
/// The sampling kernel for one vector width. A query's samples, of all its heads, are worked out many at a time
/// (1. where from, 2. how much each counts, 3. which four cells); 4. then each head adds up its cells' channels, which lie side
/// by side. Where a count is no multiple of the width, the last vector overlaps the one before and writes the same again.
/// Optimised at once: until the runtime would come to it, vectors were ten times slower.
/// </summary>
internal static unsafe class SamplingKernel<TLanes, TFloat, TInt>
    where TLanes : struct, ILanes<TFloat, TInt>
    where TFloat : unmanaged
    where TInt : unmanaged
{
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(in SamplingJob job, long first, long end)
    {
        var memory = stackalloc float[QueryScratch.Length(job.Samples)];
        var scratch = new QueryScratch(memory, job.Samples);
        for (var query = first; query < end; query++)
        {
            var projected = job.Projected + (query * 3 * job.Samples);
            var step = Locate(job, query, scratch);
            Weigh(job, projected + (2 * job.Samples), scratch);
            PlaceSamples(job, projected, step, scratch);
            Gather(job, query, scratch);
        }
    }

    /// <summary>1. Where the query looks from.</summary>
    /// <returns>How far apart samples lie in the reference columns: 0 where one vector holds for all.</returns>
    private static int Locate(in SamplingJob job, long query, in QueryScratch scratch)
    {
        if (job.References is null)
        {
            var (x, y) = OwnPlace(job, query % job.Queries);
            TLanes.Store(TLanes.Broadcast(x), scratch.ReferenceX);
            TLanes.Store(TLanes.Broadcast(y), scratch.ReferenceY);
            return 0;
        }

        var references = job.References + (query * 2 * job.Levels);
        for (var sample = 0; sample < job.Samples; sample++)
        {
            var level = sample % job.PerHead / job.Points;
            scratch.ReferenceX[sample] = references[2 * level];
            scratch.ReferenceY[sample] = references[(2 * level) + 1];
        }

        return 1;
    }

    /// <summary>The middle of the token's cell, 0 to 1.</summary>
    private static (float X, float Y) OwnPlace(in SamplingJob job, long token)
    {
        var size = job.Sizes;
        while (token >= size[0] * size[1])
        {
            token -= size[0] * size[1];
            size += 2;
        }

        var (row, column) = Math.DivRem((int)token, (int)size[1]);
        return ((column + 0.5f) / size[1], (row + 0.5f) / size[0]);
    }

    /// <summary>2. Softmax over a head's samples; the division by the sum waits until they are added up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Weigh(in SamplingJob job, float* logits, in QueryScratch scratch)
    {
        var perHead = job.PerHead;
        for (var head = 0; head < job.Heads; head++)
        {
            var start = head * perHead;
            var largest = logits[start];
            for (var i = start + 1; i < start + perHead; i++)
            {
                largest = float.MaxNative(largest, logits[i]);
            }

            for (var i = start; i < start + perHead; i++)
            {
                scratch.Shifted[i] = logits[i] - largest;
            }
        }

        for (var i = 0; i < job.Samples; i += TLanes.Count)
        {
            var at = Math.Min(i, job.Samples - TLanes.Count);
            TLanes.Store(TLanes.Exp(TLanes.Load(scratch.Shifted + at)), scratch.Attention + at);
        }

        for (var head = 0; head < job.Heads; head++)
        {
            var sum = 0f;
            for (var i = head * perHead; i < (head + 1) * perHead; i++)
            {
                sum += scratch.Attention[i];
            }

            scratch.Scale[head] = 1 / sum;
        }
    }

    /// <summary>
    /// 3. Four cells and their weights. A cell outside the map gets weight 0 and the number of one inside, so that any offset,
    /// however large, and one that is not a number, reads nothing but the map.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PlaceSamples(in SamplingJob job, float* offsets, int step, in QueryScratch scratch)
    {
        var (half, one) = (TLanes.Broadcast(0.5f), TLanes.Broadcast(1f));
        for (var i = 0; i < job.Samples; i += TLanes.Count)
        {
            var at = Math.Min(i, job.Samples - TLanes.Count);
            var (offsetX, offsetY) = TLanes.LoadPairs(offsets + (2 * at));
            var (width, height) = (TLanes.Load(job.Tables.Width + at), TLanes.Load(job.Tables.Height + at));
            var x = TLanes.MultiplyAdd(TLanes.Load(scratch.ReferenceX + (step * at)), width, TLanes.Subtract(offsetX, half));
            var y = TLanes.MultiplyAdd(TLanes.Load(scratch.ReferenceY + (step * at)), height, TLanes.Subtract(offsetY, half));
            var (left, top) = (TLanes.Floor(x), TLanes.Floor(y));
            var (right, bottom) = (TLanes.Add(left, one), TLanes.Add(top, one));
            var (lastX, lastY) = (TLanes.Subtract(width, one), TLanes.Subtract(height, one));
            var (partX, partY) = (TLanes.Subtract(x, left), TLanes.Subtract(y, top));

            var attention = TLanes.Load(scratch.Attention + at);
            var leftWeight = TLanes.WhereInside(left, lastX, TLanes.Subtract(one, partX));
            var rightWeight = TLanes.WhereInside(right, lastX, partX);
            var topWeight = TLanes.Multiply(attention, TLanes.WhereInside(top, lastY, TLanes.Subtract(one, partY)));
            var bottomWeight = TLanes.Multiply(attention, TLanes.WhereInside(bottom, lastY, partY));
            TLanes.Store(TLanes.Multiply(topWeight, leftWeight), scratch.TopLeft + at);
            TLanes.Store(TLanes.Multiply(topWeight, rightWeight), scratch.TopRight + at);
            TLanes.Store(TLanes.Multiply(bottomWeight, leftWeight), scratch.BottomLeft + at);
            TLanes.Store(TLanes.Multiply(bottomWeight, rightWeight), scratch.BottomRight + at);

            var (length, start) = (TLanes.Load(job.Tables.RowLength + at), TLanes.Load(job.Tables.Start + at));
            var leftColumn = TLanes.ToInt(TLanes.WhereInside(left, lastX, left));
            var rightColumn = TLanes.ToInt(TLanes.WhereInside(right, lastX, right));
            var topRow = TLanes.Add(start, TLanes.Multiply(length, TLanes.ToInt(TLanes.WhereInside(top, lastY, top))));
            var bottomRow = TLanes.Add(start, TLanes.Multiply(length, TLanes.ToInt(TLanes.WhereInside(bottom, lastY, bottom))));
            TLanes.Store(TLanes.Add(topRow, leftColumn), scratch.TopLeftCell + at);
            TLanes.Store(TLanes.Add(topRow, rightColumn), scratch.TopRightCell + at);
            TLanes.Store(TLanes.Add(bottomRow, leftColumn), scratch.BottomLeftCell + at);
            TLanes.Store(TLanes.Add(bottomRow, rightColumn), scratch.BottomRightCell + at);
        }
    }

    /// <summary>4. Adds up every head's cells: always four sums side by side, so that additions need not wait for each other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Gather(in SamplingJob job, long query, in QueryScratch scratch)
    {
        var width = job.HeadWidth;
        var image = job.Values + (query / job.Queries * job.Tokens * job.Channels);
        var output = job.Output + (query * job.Channels);
        for (var head = 0; head < job.Heads; head++)
        {
            var channel = 0;
            for (; channel + (4 * TLanes.Count) <= width; channel += 4 * TLanes.Count)
            {
                GatherFour(job, head, image + (head * width) + channel, output + (head * width) + channel, scratch);
            }

            for (; channel + (2 * TLanes.Count) <= width; channel += 2 * TLanes.Count)
            {
                GatherTwo(job, head, image + (head * width) + channel, output + (head * width) + channel, scratch);
            }

            for (; channel < width; channel += TLanes.Count)
            {
                var at = (head * width) + Math.Min(channel, width - TLanes.Count);
                GatherOne(job, head, image + at, output + at, scratch);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void GatherOne(in SamplingJob job, int head, float* values, float* output, in QueryScratch scratch)
    {
        nint stride = job.Channels;
        var (a, b, c, d) = (TLanes.Zero, TLanes.Zero, TLanes.Zero, TLanes.Zero);
        var end = (head + 1) * job.PerHead;
        for (var i = end - job.PerHead; i < end; i++)
        {
            a = TLanes.MultiplyAdd(TLanes.Broadcast(scratch.TopLeft[i]), TLanes.Load(values + (scratch.TopLeftCell[i] * stride)), a);
            b = TLanes.MultiplyAdd(TLanes.Broadcast(scratch.TopRight[i]), TLanes.Load(values + (scratch.TopRightCell[i] * stride)), b);
            c = TLanes.MultiplyAdd(TLanes.Broadcast(scratch.BottomLeft[i]), TLanes.Load(values + (scratch.BottomLeftCell[i] * stride)), c);
            d = TLanes.MultiplyAdd(TLanes.Broadcast(scratch.BottomRight[i]), TLanes.Load(values + (scratch.BottomRightCell[i] * stride)), d);
        }

        var sum = TLanes.Add(TLanes.Add(a, b), TLanes.Add(c, d));
        TLanes.Store(TLanes.Multiply(sum, TLanes.Broadcast(scratch.Scale[head])), output);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void GatherTwo(in SamplingJob job, int head, float* values, float* output, in QueryScratch scratch)
    {
        nint stride = job.Channels;
        var (a, b, c, d) = (TLanes.Zero, TLanes.Zero, TLanes.Zero, TLanes.Zero); // two vectors of channels, top and bottom cells apart
        var end = (head + 1) * job.PerHead;
        for (var i = end - job.PerHead; i < end; i++)
        {
            AddCell(scratch.TopLeft[i], values + (scratch.TopLeftCell[i] * stride), ref a, ref b);
            AddCell(scratch.BottomLeft[i], values + (scratch.BottomLeftCell[i] * stride), ref c, ref d);
            AddCell(scratch.TopRight[i], values + (scratch.TopRightCell[i] * stride), ref a, ref b);
            AddCell(scratch.BottomRight[i], values + (scratch.BottomRightCell[i] * stride), ref c, ref d);
        }

        var scale = TLanes.Broadcast(scratch.Scale[head]);
        TLanes.Store(TLanes.Multiply(TLanes.Add(a, c), scale), output);
        TLanes.Store(TLanes.Multiply(TLanes.Add(b, d), scale), output + TLanes.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void GatherFour(in SamplingJob job, int head, float* values, float* output, in QueryScratch scratch)
    {
        nint stride = job.Channels;
        var next = 2 * TLanes.Count;
        var (a, b, c, d) = (TLanes.Zero, TLanes.Zero, TLanes.Zero, TLanes.Zero); // four vectors of channels
        var end = (head + 1) * job.PerHead;
        for (var i = end - job.PerHead; i < end; i++)
        {
            var cell = values + (scratch.TopLeftCell[i] * stride);
            AddCell(scratch.TopLeft[i], cell, ref a, ref b);
            AddCell(scratch.TopLeft[i], cell + next, ref c, ref d);
            cell = values + (scratch.TopRightCell[i] * stride);
            AddCell(scratch.TopRight[i], cell, ref a, ref b);
            AddCell(scratch.TopRight[i], cell + next, ref c, ref d);
            cell = values + (scratch.BottomLeftCell[i] * stride);
            AddCell(scratch.BottomLeft[i], cell, ref a, ref b);
            AddCell(scratch.BottomLeft[i], cell + next, ref c, ref d);
            cell = values + (scratch.BottomRightCell[i] * stride);
            AddCell(scratch.BottomRight[i], cell, ref a, ref b);
            AddCell(scratch.BottomRight[i], cell + next, ref c, ref d);
        }

        var scale = TLanes.Broadcast(scratch.Scale[head]);
        TLanes.Store(TLanes.Multiply(a, scale), output);
        TLanes.Store(TLanes.Multiply(b, scale), output + TLanes.Count);
        TLanes.Store(TLanes.Multiply(c, scale), output + next);
        TLanes.Store(TLanes.Multiply(d, scale), output + next + TLanes.Count);
    }

    /// <summary>Two vectors of one cell's channels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddCell(float cellWeight, float* cell, ref TFloat first, ref TFloat second)
    {
        var weight = TLanes.Broadcast(cellWeight);
        first = TLanes.MultiplyAdd(weight, TLanes.Load(cell), first);
        second = TLanes.MultiplyAdd(weight, TLanes.Load(cell + TLanes.Count), second);
    }
}
