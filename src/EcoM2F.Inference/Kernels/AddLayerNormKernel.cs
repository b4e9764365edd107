using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace EcoM2F.Inference.Kernels;

/// <summary>The operator <c>AddLayerNorm</c>: layer normalisation of rows or of sums of two, row by row: mean, variance about it, then scale and shift. A row stays in the nearest cache.</summary>
internal static unsafe class AddLayerNormKernel
{
    /// <summary>Rows first to end. Threads may run disjoint ranges of one job at once.</summary>
    public static void Run(in AddLayerNormJob job, long first, long end)
    {
        switch (job.Width)
        {
            case VectorWidth.Vector512:
                Rows<Lanes512, Vector512<float>, Vector512<int>>(job, first, end);
                break;
            case VectorWidth.Vector256:
                Rows<Lanes256, Vector256<float>, Vector256<int>>(job, first, end);
                break;
            case VectorWidth.Vector128:
                Rows<Lanes128, Vector128<float>, Vector128<int>>(job, first, end);
                break;
            default:
                Rows<ScalarLanes, float, int>(job, first, end);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // as SamplingKernel
    private static void Rows<TLanes, TFloat, TInt>(in AddLayerNormJob job, long first, long end)
        where TLanes : struct, ILanes<TFloat, TInt>
        where TFloat : unmanaged
        where TInt : unmanaged
    {
        for (var row = first; row < end; row++)
        {
            var at = row * job.Channels;
            var target = job.Output + at;
            var mean = TLanes.Broadcast(Sum<TLanes, TFloat, TInt>(job.X + at, job.Residual == null ? null : job.Residual + at, target, job.Channels) / job.Channels);
            var variance = Spread<TLanes, TFloat, TInt>(target, mean, job.Channels) / job.Channels;
            var factor = TLanes.Broadcast(1 / MathF.Sqrt(variance + job.Epsilon));
            for (var i = 0; i < job.Channels; i += TLanes.Count)
            {
                var normal = TLanes.Multiply(TLanes.Subtract(TLanes.Load(target + i), mean), factor);
                TLanes.Store(TLanes.MultiplyAdd(normal, TLanes.Load(job.Scale + i), TLanes.Load(job.Shift + i)), target + i);
            }
        }
    }

    /// <summary>Writes x + residual, or x where that is null, and adds it up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum<TLanes, TFloat, TInt>(float* x, float* residual, float* target, int channels)
        where TLanes : struct, ILanes<TFloat, TInt>
        where TFloat : unmanaged
        where TInt : unmanaged
    {
        var sum = TLanes.Zero;
        for (var i = 0; i < channels; i += TLanes.Count)
        {
            var value = TLanes.Load(x + i);
            value = residual == null ? value : TLanes.Add(value, TLanes.Load(residual + i));
            TLanes.Store(value, target + i);
            sum = TLanes.Add(sum, value);
        }

        return LaneSum.Of<TLanes, TFloat, TInt>(sum);
    }

    /// <summary>Squared distances from the mean, added up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Spread<TLanes, TFloat, TInt>(float* row, TFloat mean, int channels)
        where TLanes : struct, ILanes<TFloat, TInt>
        where TFloat : unmanaged
        where TInt : unmanaged
    {
        var sum = TLanes.Zero;
        for (var i = 0; i < channels; i += TLanes.Count)
        {
            var distance = TLanes.Subtract(TLanes.Load(row + i), mean);
            sum = TLanes.MultiplyAdd(distance, distance, sum);
        }

        return LaneSum.Of<TLanes, TFloat, TInt>(sum);
    }
}
