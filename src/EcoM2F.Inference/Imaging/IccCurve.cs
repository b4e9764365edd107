using System.Buffers.Binary;

namespace EcoM2F.Inference.Imaging;

/// <summary>A tone curve of an ICC profile: stored value to linear light, both from 0 to 1.</summary>
/// <param name="tag">A <c>curv</c> or <c>para</c> element; anything else is a curve that is not sRGB's.</param>
internal readonly ref struct IccCurve(ReadOnlySpan<byte> tag)
{
    /// <summary>Type, reserved.</summary>
    private const int Header = 8;

    /// <summary>In stored values: two steps of 8 bits. Small profiles approximate sRGB's curve that closely; a gamma of 2.2 is off by six.</summary>
    private const double Tolerance = 2.0 / 255;

    private const int Samples = 32;

    private readonly ReadOnlySpan<byte> _tag = tag;

    /// <summary>Whether values mean what they mean in sRGB.</summary>
    public bool IsSrgb()
    {
        for (var i = 1; i <= Samples; i++)
        {
            var value = (double)i / Samples;
            if (!(Math.Abs(ToSrgb(Evaluate(value)) - value) <= Tolerance))
            {
                return false;
            }
        }

        return true;
    }

    /// <param name="values">Gets the curve at as many values, evenly from 0 to 1.</param>
    /// <returns>False where it is damaged or of another kind.</returns>
    public bool TryEvaluate(Span<double> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Evaluate((double)i / (values.Length - 1));
            if (!double.IsFinite(values[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>IEC 61966-2-1: linear light to what is stored, both from 0 to 1.</summary>
    public static double ToSrgb(double linear) => linear <= 0.0031308 ? 12.92 * linear : (1.055 * Math.Pow(linear, 1 / 2.4)) - 0.055;

    private double Evaluate(double value) =>
        _tag.Length < Header + 4 ? double.NaN
        : _tag.StartsWith("curv"u8) ? EvaluateTable(value)
        : _tag.StartsWith("para"u8) ? EvaluateFunction(value)
        : double.NaN;

    /// <summary>A count and as many 16-bit samples; none is the identity, one is a gamma of 8.8 bits.</summary>
    private double EvaluateTable(double value)
    {
        var count = BinaryPrimitives.ReadUInt32BigEndian(_tag[Header..]);
        var samples = _tag[(Header + 4)..];
        if (count == 0)
        {
            return value;
        }

        if (count > (uint)samples.Length / 2)
        {
            return double.NaN;
        }

        if (count == 1)
        {
            return Math.Pow(value, BinaryPrimitives.ReadUInt16BigEndian(samples) / 256.0);
        }

        var place = value * (count - 1);
        var left = (int)Math.Min(place, count - 2);
        var (low, high) = (BinaryPrimitives.ReadUInt16BigEndian(samples[(left * 2)..]), BinaryPrimitives.ReadUInt16BigEndian(samples[((left * 2) + 2)..]));
        return (low + ((high - low) * (place - left))) / ushort.MaxValue;
    }

    /// <summary>The five parametric functions; all are (a x + b)^g + e from d on and c x + f below, with parts left out.</summary>
    private double EvaluateFunction(double value)
    {
        var kind = BinaryPrimitives.ReadUInt16BigEndian(_tag[Header..]);
        ReadOnlySpan<int> counts = [1, 3, 4, 5, 7];
        var numbers = _tag[(Header + 4)..];
        if (kind >= counts.Length || numbers.Length < counts[kind] * 4)
        {
            return double.NaN;
        }

        Span<double> p = stackalloc double[7]; // g a b c d e f
        for (var i = 0; i < counts[kind]; i++)
        {
            p[i] = BinaryPrimitives.ReadInt32BigEndian(numbers[(i * 4)..]) / 65536.0;
        }

        var (g, a, b, c, d, e, f) = kind switch
        {
            0 => (p[0], 1.0, 0.0, 0.0, 0.0, 0.0, 0.0),
            1 => (p[0], p[1], p[2], 0.0, -p[2] / p[1], 0.0, 0.0),
            2 => (p[0], p[1], p[2], 0.0, -p[2] / p[1], p[3], p[3]),
            3 => (p[0], p[1], p[2], p[3], p[4], 0.0, 0.0),
            _ => (p[0], p[1], p[2], p[3], p[4], p[5], p[6]),
        };
        return value >= d ? Math.Pow((a * value) + b, g) + e : (c * value) + f;
    }
}
