using System.Runtime.CompilerServices;

namespace EcoM2F.Inference.Kernels;

/// <summary>The floats of a vector, added up.</summary>
internal static unsafe class LaneSum
{
    /// <param name="vector">Taken by value: a caller's own then stays in a register.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Of<TLanes, TFloat, TInt>(TFloat vector)
        where TLanes : struct, ILanes<TFloat, TInt>
        where TFloat : unmanaged
        where TInt : unmanaged
    {
        var lanes = (float*)&vector;
        var sum = 0f;
        for (var i = 0; i < TLanes.Count; i++)
        {
            sum += lanes[i];
        }

        return sum;
    }
}
