using System.Buffers;

namespace EcoM2F.Inference.Memory;

/// <summary>
/// Arrays that go from image to image: pixels, input tensors, the decoder's outputs, the rows and counts of post-processing. One pool for all threads,
/// which keeps as many of a size as were out at one time, up to a bound. The runtime's shared pool keeps some for every thread that ever gave one back; the thread
/// pool's threads come and go all day, and what a gone one kept stays until all generations are collected.
/// </summary>
internal sealed class ImageArrays<T> : ArrayPool<T>
{
    /// <summary>Elements. Up to here arrays are small.</summary>
    private const int LargestSmall = 64 << 10;

    /// <summary>Elements. Larger arrays are made when asked for, and left to the garbage collector.</summary>
    private const int Largest = 16 << 20;

    /// <summary>Of each size, powers of two.</summary>
    private const int KeptSmall = 64;

    /// <inheritdoc cref="KeptSmall"/>
    private const int KeptLarge = 4;

    private readonly ArrayPool<T> _small = Create(LargestSmall, KeptSmall);
    private readonly ArrayPool<T> _large = Create(Largest, KeptLarge);

    private ImageArrays()
    {
    }

    public static ArrayPool<T> Pool { get; } = new ImageArrays<T>();

    public override T[] Rent(int minimumLength) => (minimumLength <= LargestSmall ? _small : _large).Rent(minimumLength);

    public override void Return(T[] array, bool clearArray = false) => (array.Length <= LargestSmall ? _small : _large).Return(array, clearArray);
}
