using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace EcoM2F.Inference.Kernels;

/// <summary>
/// The operator <c>GroupNorm</c>: a group's mean, the variance about it, then scale and shift of each channel; to which a map of half the size
/// is added, enlarged bilinearly, and of which ReLU is taken, where the job says so. A group is read twice for mean and variance, and once to
/// write the result; most of it is in the processor's cache by then.
/// </summary>
internal static unsafe class GroupNormKernel
{
    /// <summary>Of a map that is enlarged: a row of it is kept on the stack.</summary>
    public const int MostCoarseWidth = 8192;

    /// <summary>Floats that are added up before their sum goes into one of 64 bits.</summary>
    private const int Chunk = 4096;

    /// <summary>Of the nearer of two coarse pixels, half-pixel centres; the farther one has the rest.</summary>
    private const float Near = 0.75f;

    /// <summary>One group of one image. Threads may run different ones of a job at once.</summary>
    /// <param name="group">From 0 to images times groups.</param>
    public static void Run(in GroupNormJob job, long group)
    {
        switch (job.Lanes)
        {
            case VectorWidth.Vector512:
                Group<Lanes512, Vector512<float>, Vector512<int>>(job, group);
                break;
            case VectorWidth.Vector256:
                Group<Lanes256, Vector256<float>, Vector256<int>>(job, group);
                break;
            case VectorWidth.Vector128:
                Group<Lanes128, Vector128<float>, Vector128<int>>(job, group);
                break;
            default:
                Group<ScalarLanes, float, int>(job, group);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // as SamplingKernel
    private static void Group<TLanes, TFloat, TInt>(in GroupNormJob job, long group)
        where TLanes : struct, ILanes<TFloat, TInt>
        where TFloat : unmanaged
        where TInt : unmanaged
    {
        var plane = (long)job.Height * job.Width;
        var count = plane * job.Channels;
        var x = job.X + (group * count);
        var mean = Sum<TLanes, TFloat, TInt>(x, count, 0, squared: false) / count;
        var deviation = Math.Sqrt((Sum<TLanes, TFloat, TInt>(x, count, (float)mean, squared: true) / count) + job.Epsilon);
        for (var i = 0; i < job.Channels; i++)
        {
            var channel = (int)(group % job.Groups * job.Channels) + i;
            var map = new Map((float)mean, (float)(job.Scale[channel] / deviation), job.Shift[channel], job.Relu ? 0 : float.NegativeInfinity);
            var at = (group * count) + (i * plane);
            if (job.Coarse == null)
            {
                Plane<TLanes, TFloat, TInt>(job.X + at, job.Output + at, plane, map);
            }
            else
            {
                PlanePlusCoarse<TLanes, TFloat, TInt>(job, at, map);
            }
        }
    }

    /// <summary>Of x, or of the squares of its distances from a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Sum<TLanes, TFloat, TInt>(float* x, long count, float from, bool squared)
        where TLanes : struct, ILanes<TFloat, TInt>
        where TFloat : unmanaged
        where TInt : unmanaged
    {
        var (total, broadcast) = (0.0, TLanes.Broadcast(from));
        for (var start = 0L; start < count; start += Chunk)
        {
            var end = Math.Min(start + Chunk, count);
            var sum = TLanes.Zero;
            var i = start;
            for (; i <= end - TLanes.Count; i += TLanes.Count)
            {
                var value = TLanes.Subtract(TLanes.Load(x + i), broadcast);
                sum = squared ? TLanes.MultiplyAdd(value, value, sum) : TLanes.Add(sum, value);
            }

            total += LaneSum.Of<TLanes, TFloat, TInt>(sum);
            for (; i < end; i++)
            {
                var value = x[i] - from;
                total += squared ? value * value : value;
            }
        }

        return total;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Plane<TLanes, TFloat, TInt>(float* x, float* target, long count, Map map)
        where TLanes : struct, ILanes<TFloat, TInt>
        where TFloat : unmanaged
        where TInt : unmanaged
    {
        var (mean, factor, shift, least) = (TLanes.Broadcast(map.Mean), TLanes.Broadcast(map.Factor), TLanes.Broadcast(map.Shift), TLanes.Broadcast(map.Least));
        var i = 0L;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            TLanes.Store(TLanes.Max(TLanes.MultiplyAdd(TLanes.Subtract(TLanes.Load(x + i), mean), factor, shift), least), target + i);
        }

        for (; i < count; i++)
        {
            target[i] = MathF.Max(map.Of(x[i]), map.Least);
        }
    }

    /// <summary>Two rows and two columns of the result lie around each coarse pixel.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // cannot be inlined, for what is on its stack
    private static void PlanePlusCoarse<TLanes, TFloat, TInt>(in GroupNormJob job, long at, Map map)
        where TLanes : struct, ILanes<TFloat, TInt>
        where TFloat : unmanaged
        where TInt : unmanaged
    {
        var (height, width) = (job.Height / 2, job.Width / 2);
        var coarse = job.Coarse + (at / 4);
        var padded = stackalloc float[width + 2];
        var row = padded + 1;
        for (var y = 0; y < job.Height; y++)
        {
            var other = Math.Clamp((y / 2) + (y % 2 == 0 ? -1 : 1), 0, height - 1);
            Mix<TLanes, TFloat, TInt>(coarse + ((long)(y / 2) * width), coarse + ((long)other * width), row, width);
            (row[-1], row[width]) = (row[0], row[width - 1]);
            var place = at + ((long)y * job.Width);
            Row<TLanes, TFloat, TInt>(job.X + place, row, job.Output + place, width, map);
        }
    }

    /// <summary>Of two rows, the nearer first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix<TLanes, TFloat, TInt>(float* near, float* far, float* target, int count)
        where TLanes : struct, ILanes<TFloat, TInt>
        where TFloat : unmanaged
        where TInt : unmanaged
    {
        var (most, rest) = (TLanes.Broadcast(Near), TLanes.Broadcast(1 - Near));
        var i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            TLanes.Store(TLanes.MultiplyAdd(TLanes.Load(near + i), most, TLanes.Multiply(TLanes.Load(far + i), rest)), target + i);
        }

        for (; i < count; i++)
        {
            target[i] = (near[i] * Near) + (far[i] * (1 - Near));
        }
    }

    /// <param name="coarse">A row of the coarse map, readable one place before and behind it.</param>
    /// <param name="count">Of the coarse row.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row<TLanes, TFloat, TInt>(float* x, float* coarse, float* target, int count, Map map)
        where TLanes : struct, ILanes<TFloat, TInt>
        where TFloat : unmanaged
        where TInt : unmanaged
    {
        var (mean, factor, shift, least) = (TLanes.Broadcast(map.Mean), TLanes.Broadcast(map.Factor), TLanes.Broadcast(map.Shift), TLanes.Broadcast(map.Least));
        var (most, rest) = (TLanes.Broadcast(Near), TLanes.Broadcast(1 - Near));
        var i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            var (even, odd) = TLanes.LoadPairs(x + (2 * i));
            var middle = TLanes.Multiply(TLanes.Load(coarse + i), most);
            even = TLanes.Add(TLanes.MultiplyAdd(TLanes.Subtract(even, mean), factor, shift), TLanes.MultiplyAdd(TLanes.Load(coarse + i - 1), rest, middle));
            odd = TLanes.Add(TLanes.MultiplyAdd(TLanes.Subtract(odd, mean), factor, shift), TLanes.MultiplyAdd(TLanes.Load(coarse + i + 1), rest, middle));
            TLanes.StorePairs(TLanes.Max(even, least), TLanes.Max(odd, least), target + (2 * i));
        }

        for (; i < count; i++)
        {
            var middle = coarse[i] * Near;
            target[2 * i] = MathF.Max(map.Of(x[2 * i]) + (coarse[i - 1] * (1 - Near)) + middle, map.Least);
            target[(2 * i) + 1] = MathF.Max(map.Of(x[(2 * i) + 1]) + (coarse[i + 1] * (1 - Near)) + middle, map.Least);
        }
    }

    /// <summary>What becomes of a channel's numbers: (x - mean) * factor + shift, and nothing below the least.</summary>
    private readonly record struct Map(float Mean, float Factor, float Shift, float Least)
    {
        public float Of(float x) => ((x - Mean) * Factor) + Shift;
    }
}
