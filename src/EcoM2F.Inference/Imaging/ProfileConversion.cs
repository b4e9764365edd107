using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace EcoM2F.Inference.Imaging;

/// <summary>
/// From the 8-bit colours of an RGB profile that is made of curves and primaries (ICC.1, annex F) to sRGB's: each channel's curve, a matrix, sRGB's
/// curve. Colorimetric, without a change of the white point, which both have; colours outside of sRGB are cut off channel by channel. Within 1 of
/// what littleCMS gives, and without its cost for each image and each pixel. Immutable.
/// </summary>
internal sealed class ProfileConversion
{
    /// <summary>That a channel has.</summary>
    public const int Levels = 256;

    private const int Channels = 3;

    /// <summary>Of linear light: where sRGB's curve is steepest, one of them is a fifth of an 8-bit step.</summary>
    private const int Steps = 1 << 14;

    /// <summary>By linear light in <see cref="Steps"/>: the nearest 8-bit value of sRGB.</summary>
    private static readonly byte[] Encoded = [.. Enumerable.Range(0, Steps + 1).Select(static step => (byte)Math.Round(255 * IccCurve.ToSrgb((double)step / Steps)))];

    /// <summary>[channel, level]: what a channel of that level adds to sRGB's linear red, green and blue, in steps.</summary>
    private readonly Vector128<float>[] _parts;

    /// <param name="curves">[channel, level]: linear light from 0 to 1.</param>
    /// <param name="primaries">XYZ of red, green and blue at full light, adapted to D50: the columns of the profile's matrix, one after another.</param>
    public ProfileConversion(ReadOnlySpan<double> curves, ReadOnlySpan<double> primaries)
    {
        _parts = new Vector128<float>[Channels * Levels];
        Matrix4x4.Invert(Matrix(IccProfile.SrgbPrimaries), out var toSrgb);
        var matrix = Matrix(primaries) * toSrgb; // rows are channels of the profile, columns those of sRGB
        for (var channel = 0; channel < Channels; channel++)
        {
            for (var level = 0; level < Levels; level++)
            {
                var light = (float)(Steps * Math.Clamp(curves[(channel * Levels) + level], 0, 1));
                _parts[(channel * Levels) + level] = light * Vector128.Create(matrix[channel, 0], matrix[channel, 1], matrix[channel, 2], 0);
            }
        }
    }

    /// <param name="pixels">RGB, pixel by pixel.</param>
    /// <param name="converted">As long: gets sRGB; may be the same memory.</param>
    public void Convert(ReadOnlySpan<byte> pixels, Span<byte> converted)
    {
        ref var parts = ref MemoryMarshal.GetArrayDataReference(_parts);
        ref var encoded = ref MemoryMarshal.GetArrayDataReference(Encoded);
        ref var from = ref MemoryMarshal.GetReference(pixels);
        ref var to = ref MemoryMarshal.GetReference(converted[..pixels.Length]);
        var (zero, most, half) = (Vector128<float>.Zero, Vector128.Create((float)Steps), Vector128.Create(0.5f));
        for (nint i = 0; i + Channels <= pixels.Length; i += Channels)
        {
            var light = Unsafe.Add(ref parts, (nint)Unsafe.Add(ref from, i))
                + Unsafe.Add(ref parts, (nint)(Levels + Unsafe.Add(ref from, i + 1)))
                + Unsafe.Add(ref parts, (nint)((2 * Levels) + Unsafe.Add(ref from, i + 2)));

            // Finite, and from 0 to Steps: the processor's own minimum, maximum and conversion are right for these.
            var steps = Vector128.ConvertToInt32Native(Vector128.MinNative(Vector128.MaxNative(light, zero), most) + half);
            Unsafe.Add(ref to, i) = Unsafe.Add(ref encoded, (nint)steps.GetElement(0));
            Unsafe.Add(ref to, i + 1) = Unsafe.Add(ref encoded, (nint)steps.GetElement(1));
            Unsafe.Add(ref to, i + 2) = Unsafe.Add(ref encoded, (nint)steps.GetElement(2));
        }
    }

    /// <summary>One primary in each row.</summary>
    private static Matrix4x4 Matrix(ReadOnlySpan<double> primaries) => new(
        (float)primaries[0], (float)primaries[1], (float)primaries[2], 0,
        (float)primaries[3], (float)primaries[4], (float)primaries[5], 0,
        (float)primaries[6], (float)primaries[7], (float)primaries[8], 0,
        0, 0, 0, 1);
}
