using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using EcoM2F.Inference.Memory;

namespace EcoM2F.Inference.Imaging;

/// <summary>
/// The first pass of Pillow's resize, along rows of interleaved RGB. With AVX2 two pixels of the result are made at once, two taps at a time:
/// products of 16 bits are added in pairs, and a weight of 22 bits is taken as two halves of 11. Whole numbers, so every path gives the same
/// bits. Owns a rented table.
/// </summary>
internal sealed class RowReduction : IDisposable
{
    private const int Channels = 3;

    /// <summary>Pixels of the result that are made at once.</summary>
    private const int Group = 2;

    /// <summary>Bits of a weight's lower half.</summary>
    private const int LowBits = 11;

    /// <summary>Pairs of taps up to which the table is small (a kilobyte for a pixel of the result); rows that shrink more are resized pixel by pixel.</summary>
    private const int MostPairs = 32;

    /// <summary>Integers of a vector.</summary>
    private const int Lanes = 8;

    private readonly TriangleKernel _kernel;
    private readonly int _pairs;
    private readonly int _groups;
    private int[]? _weights; // [groups, pairs, upper and lower half, 8]: the weights of two taps in each, four times for either pixel

    /// <param name="sourceWidth">Pixels of the rows that will be resized.</param>
    public RowReduction(TriangleKernel kernel, int sourceWidth)
    {
        _kernel = kernel;
        foreach (var count in kernel.Count)
        {
            _pairs = Math.Max(_pairs, (count + 1) / 2);
        }

        _groups = Avx2.IsSupported && _pairs <= MostPairs ? CountGroups(sourceWidth * Channels) : 0;
        if (_groups > 0)
        {
            _weights = ImageArrays<int>.Pool.Rent(checked(_groups * _pairs * 2 * Lanes));
            for (var pixel = 0; pixel < _groups * Group; pixel++)
            {
                Prepare(pixel);
            }
        }
    }

    /// <summary>Resizes one row.</summary>
    /// <param name="source">[input width, 3].</param>
    /// <param name="target">[output width, 3].</param>
    public void Run(ReadOnlySpan<byte> source, Span<byte> target)
    {
        if (_groups > 0)
        {
            RunGroups(source, target);
        }

        TriangleResizer.ResizeRow(source, target, _kernel, _groups * Group);
    }

    public void Dispose()
    {
        if (_weights is not null)
        {
            ImageArrays<int>.Pool.Return(_weights);
            _weights = null;
        }
    }

    private void RunGroups(ReadOnlySpan<byte> source, Span<byte> target)
    {
        ref var input = ref MemoryMarshal.GetReference(source);
        ref var output = ref MemoryMarshal.GetReference(target);
        ref var weights = ref MemoryMarshal.GetArrayDataReference(_weights!);
        var first = _kernel.First;

        // Six bytes of two source pixels become R R G G B B in 16 bits each, then nothing.
        var channels = Vector256.Create(Vector128.Create((byte)0, 255, 3, 255, 1, 255, 4, 255, 2, 255, 5, 255, 255, 255, 255, 255));
        for (var group = 0; group < _groups; group++)
        {
            ref var left = ref Unsafe.Add(ref input, first[group * Group] * Channels);
            ref var right = ref Unsafe.Add(ref input, first[(group * Group) + 1] * Channels);
            var (upper, lower) = (Vector256<int>.Zero, Vector256.Create(TriangleKernel.Half));
            for (var pair = 0; pair < _pairs; pair++)
            {
                var pixels = Vector256.Create(Load(ref left, pair), Load(ref right, pair));
                var words = Avx2.Shuffle(pixels, channels).AsInt16();
                var at = (nuint)(((group * _pairs) + pair) * 2 * Lanes);
                upper += Avx2.MultiplyAddAdjacent(words, Vector256.LoadUnsafe(ref weights, at).AsInt16());
                lower += Avx2.MultiplyAddAdjacent(words, Vector256.LoadUnsafe(ref weights, at + Lanes).AsInt16());
            }

            // Within 0 to 255 but for the rounding of the weights, which saturation cuts as clipping does.
            var sum = ((upper << LowBits) + lower) >> TriangleKernel.FractionBits;
            var bytes = Avx2.PackUnsignedSaturate(Avx2.PackSignedSaturate(sum, sum), default).AsUInt32();
            ref var pixel = ref Unsafe.Add(ref output, group * Group * Channels);
            Unsafe.WriteUnaligned(ref pixel, bytes.GetElement(0)); // and a fourth byte, which the next pixel overwrites
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref pixel, Channels), bytes.GetElement(Lanes / 2));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Load(ref byte start, int pair) =>
        Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, pair * 2 * Channels))).AsByte();

    /// <summary>Leading groups that neither read nor write beyond a row: eight bytes are read for a pair of taps, four written for a pixel.</summary>
    private int CountGroups(int sourceLength)
    {
        var reach = ((_pairs - 1) * 2 * Channels) + sizeof(ulong);
        var groups = 0;
        while (((groups + 1) * Group) < _kernel.First.Length && (_kernel.First[(groups * Group) + 1] * Channels) + reach <= sourceLength)
        {
            groups++;
        }

        return groups;
    }

    private void Prepare(int pixel)
    {
        var weights = _kernel.Weights(pixel);
        for (var pair = 0; pair < _pairs; pair++)
        {
            var (first, second) = (At(weights, 2 * pair), At(weights, (2 * pair) + 1));
            var at = (((pixel / Group * _pairs) + pair) * 2 * Lanes) + (pixel % Group * Lanes / 2);
            _weights.AsSpan(at, Lanes / 2).Fill((first >> LowBits) | ((second >> LowBits) << 16));
            _weights.AsSpan(at + Lanes, Lanes / 2).Fill(Low(first) | (Low(second) << 16));
        }

        static int At(ReadOnlySpan<int> weights, int tap) => tap < weights.Length ? weights[tap] : 0;

        static int Low(int weight) => weight & ((1 << LowBits) - 1);
    }
}
