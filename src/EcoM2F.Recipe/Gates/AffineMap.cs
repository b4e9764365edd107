using System.Numerics.Tensors;

namespace EcoM2F.Recipe.Gates;

/// <summary>A linear layer in the making, in double precision: y = W x + b, W [outputs, width] row by row.</summary>
internal sealed class AffineMap(int outputs, int width)
{
    public double[] Weight { get; } = new double[outputs * width];

    public double[] Bias { get; } = new double[outputs];

    public int Outputs => outputs;

    public Span<double> Row(int output) => Weight.AsSpan(output * width, width);

    public void Apply(ReadOnlySpan<double> x, Span<double> y)
    {
        for (var k = 0; k < outputs; k++)
        {
            y[k] = TensorPrimitives.Dot<double>(Row(k), x) + Bias[k];
        }
    }

    /// <summary>The same function of features before <paramref name="shift"/> was taken from them and the rest divided by <paramref name="scale"/>.</summary>
    public AffineMap Unfold(ReadOnlySpan<double> shift, ReadOnlySpan<double> scale)
    {
        var raw = new AffineMap(outputs, width);
        for (var k = 0; k < outputs; k++)
        {
            TensorPrimitives.Divide(Row(k), scale, raw.Row(k));
            raw.Bias[k] = Bias[k] - TensorPrimitives.Dot<double>(raw.Row(k), shift);
        }

        return raw;
    }

    public LinearGate ToGate() => new([.. Weight.Select(static value => (float)value)], [.. Bias.Select(static value => (float)value)]);
}
