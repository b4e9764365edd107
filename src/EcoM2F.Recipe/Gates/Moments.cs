using System.Numerics.Tensors;

namespace EcoM2F.Recipe.Gates;

/// <summary>
/// Sums over images from which a least-squares fit, and its error on these images, can be had without the images: once through the
/// data answers every fold and every penalty.
/// </summary>
internal sealed class Moments(int width, int outputs)
{
    public int Width => width;

    public int Outputs => outputs;

    public double Count { get; set; }

    /// <summary>[d].</summary>
    public double[] X { get; } = new double[width];

    /// <summary>[outputs].</summary>
    public double[] Y { get; } = new double[outputs];

    /// <summary>[d, d], of which the upper triangle is filled.</summary>
    public double[] XX { get; } = new double[width * width];

    /// <summary>[outputs, d].</summary>
    public double[] XY { get; } = new double[outputs * width];

    /// <summary>[outputs]: squares.</summary>
    public double[] YY { get; } = new double[outputs];

    public void Add(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        Count++;
        TensorPrimitives.Add(X, x, X);
        for (var i = 0; i < width; i++)
        {
            var row = XX.AsSpan((i * width) + i, width - i);
            TensorPrimitives.MultiplyAdd(x[i..], x[i], row, row);
        }

        for (var k = 0; k < outputs; k++)
        {
            var row = XY.AsSpan(k * width, width);
            TensorPrimitives.MultiplyAdd(x, y[k], row, row);
            Y[k] += y[k];
            YY[k] += y[k] * y[k];
        }
    }

    public static Moments Sum(IEnumerable<Moments> parts)
    {
        Moments? sum = null;
        foreach (var part in parts)
        {
            sum ??= new Moments(part.Width, part.Outputs);
            sum.Count += part.Count;
            TensorPrimitives.Add(sum.X, part.X, sum.X);
            TensorPrimitives.Add(sum.Y, part.Y, sum.Y);
            TensorPrimitives.Add(sum.XX, part.XX, sum.XX);
            TensorPrimitives.Add(sum.XY, part.XY, sum.XY);
            TensorPrimitives.Add(sum.YY, part.YY, sum.YY);
        }

        return sum ?? throw new ArgumentException("There are no parts.", nameof(parts));
    }

    /// <summary>Sum of squared errors that a linear map makes on these images, by output.</summary>
    public double[] SquaredError(AffineMap map)
    {
        var errors = new double[outputs];
        for (var k = 0; k < outputs; k++)
        {
            var w = map.Row(k);
            var b = map.Bias[k];
            var quadratic = 0.0;
            for (var i = 0; i < width; i++)
            {
                var row = XX.AsSpan((i * width) + i, width - i);
                quadratic += w[i] * ((2 * TensorPrimitives.Dot<double>(row, w[i..])) - (row[0] * w[i]));
            }

            errors[k] = YY[k] - (2 * b * Y[k]) - (2 * TensorPrimitives.Dot<double>(XY.AsSpan(k * width, width), w))
                + (b * b * Count) + (2 * b * TensorPrimitives.Dot<double>(X, w)) + quadratic;
        }

        return errors;
    }
}
