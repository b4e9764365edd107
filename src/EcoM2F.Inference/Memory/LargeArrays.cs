using System.Buffers;

namespace EcoM2F.Inference.Memory;

/// <summary>
/// Large arrays that go from image to image: pixels, input tensors, the decoder's outputs. The shared pool keeps some for every thread that
/// ever gave one back; this one keeps a few of each size for all threads.
/// </summary>
internal static class LargeArrays<T>
{
    /// <summary>Elements. Larger arrays are made when asked for, and left to the garbage collector.</summary>
    private const int Largest = 16 << 20;

    /// <summary>Of each size, powers of two.</summary>
    private const int Kept = 4;

    public static ArrayPool<T> Pool { get; } = ArrayPool<T>.Create(Largest, Kept);
}
