using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace EcoM2F.Inference.Imaging;

/// <summary>
/// The two passes of Pillow's 8-bit resize of interleaved RGB: first along rows, rounded to 8 bits, then along columns, rounded
/// again. An axis whose length does not change has a kernel of one tap and passes through unchanged.
/// </summary>
internal static class TriangleResizer
{
    private const int Channels = 3;

    /// <summary>Resizes one row.</summary>
    /// <param name="source">[input width, 3].</param>
    /// <param name="target">[output width, 3].</param>
    /// <param name="start">Pixels before it stay as they are.</param>
    public static void ResizeRow(ReadOnlySpan<byte> source, Span<byte> target, TriangleKernel kernel, int start)
    {
        for (var x = start; x < kernel.First.Length; x++)
        {
            var offset = kernel.First[x] * Channels;
            var weights = kernel.Weights(x);
            var pixel = target.Slice(x * Channels, Channels);
            // The vector path reads a fourth byte beyond each pixel, which the row's last pixel does not have.
            if (Vector128.IsHardwareAccelerated && offset + (weights.Length * Channels) + 1 <= source.Length)
            {
                MixPixelsVector(source[offset..], weights, pixel);
            }
            else
            {
                MixPixelsScalar(source[offset..], weights, pixel);
            }
        }
    }

    /// <summary>Mixes rows into one.</summary>
    /// <param name="rows">Consecutive rows of <paramref name="target"/>'s length, as many as weights.</param>
    public static void MixRows(ReadOnlySpan<byte> rows, Span<byte> target, ReadOnlySpan<int> weights)
    {
        var start = Vector.IsHardwareAccelerated ? MixRowsVector(rows, target, weights) : 0;
        for (var i = start; i < target.Length; i++)
        {
            var sum = TriangleKernel.Half;
            for (var tap = 0; tap < weights.Length; tap++)
            {
                sum += rows[(tap * target.Length) + i] * weights[tap];
            }

            target[i] = Round(sum);
        }
    }

    private static void MixPixelsScalar(ReadOnlySpan<byte> source, ReadOnlySpan<int> weights, Span<byte> pixel)
    {
        int red = TriangleKernel.Half, green = TriangleKernel.Half, blue = TriangleKernel.Half;
        for (var tap = 0; tap < weights.Length; tap++)
        {
            red += source[tap * Channels] * weights[tap];
            green += source[(tap * Channels) + 1] * weights[tap];
            blue += source[(tap * Channels) + 2] * weights[tap];
        }

        pixel[0] = Round(red);
        pixel[1] = Round(green);
        pixel[2] = Round(blue);
    }

    /// <summary>One pixel per 128-bit vector of integers; the fourth lane holds the next pixel's red and is ignored.</summary>
    private static void MixPixelsVector(ReadOnlySpan<byte> source, ReadOnlySpan<int> weights, Span<byte> pixel)
    {
        ref var start = ref MemoryMarshal.GetReference(source);
        var sum = Vector128.Create(TriangleKernel.Half);
        for (var tap = 0; tap < weights.Length; tap++)
        {
            var packed = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref start, tap * Channels));
            var words = Vector128.WidenLower(Vector128.CreateScalarUnsafe(packed).AsByte());
            sum += Vector128.WidenLower(words).AsInt32() * weights[tap];
        }

        sum >>= TriangleKernel.FractionBits;
        pixel[0] = Clip(sum.GetElement(0));
        pixel[1] = Clip(sum.GetElement(1));
        pixel[2] = Clip(sum.GetElement(2));
    }

    /// <returns>How many leading samples were written.</returns>
    private static int MixRowsVector(ReadOnlySpan<byte> rows, Span<byte> target, ReadOnlySpan<int> weights)
    {
        var length = target.Length;
        var i = 0;
        for (; i <= length - Vector<byte>.Count; i += Vector<byte>.Count)
        {
            var a = new Vector<int>(TriangleKernel.Half);
            Vector<int> b = a, c = a, d = a;
            for (var tap = 0; tap < weights.Length; tap++)
            {
                Vector.Widen(new Vector<byte>(rows.Slice((tap * length) + i, Vector<byte>.Count)), out var low, out var high);
                Vector.Widen(low, out var first, out var second);
                Vector.Widen(high, out var third, out var fourth);
                var weight = weights[tap];
                a += Vector.AsVectorInt32(first) * weight;
                b += Vector.AsVectorInt32(second) * weight;
                c += Vector.AsVectorInt32(third) * weight;
                d += Vector.AsVectorInt32(fourth) * weight;
            }

            Vector.Narrow(Vector.Narrow(Clip(a), Clip(b)), Vector.Narrow(Clip(c), Clip(d))).CopyTo(target[i..]);
        }

        return i;
    }

    private static Vector<uint> Clip(Vector<int> sum) => Vector.AsVectorUInt32(
        Vector.Min(Vector.Max(Vector.ShiftRightArithmetic(sum, TriangleKernel.FractionBits), Vector<int>.Zero), new Vector<int>(255)));

    private static byte Round(int sum) => Clip(sum >> TriangleKernel.FractionBits);

    private static byte Clip(int value) => (byte)Math.Clamp(value, 0, 255);
}
