using System.Numerics.Tensors;
using EcoM2F.Inference.Numerics;

namespace EcoM2F.Compiler.Quantization;

/// <summary>
/// Weights of a layer as bytes. One weight after another is rounded, and each error is passed on to the weights that are not rounded yet, as far
/// as what they are multiplied with goes together: the sum comes out nearer to that of the floats than if each weight went to its nearest byte.
/// (That is GPTQ, arXiv 2210.17323, in its form of a triangular system.) What is left of the error's mean belongs into the bias, as in
/// arXiv 1906.04721, section 4.2.
/// </summary>
/// <param name="Bytes">[outputs, ...], as the fp32 weights lie; within <see cref="Int8Weights.Largest"/>.</param>
/// <param name="Scales">[outputs]: a weight is its byte times its output's scale.</param>
/// <param name="Shift">[outputs]: what the bias gets, in the output's units.</param>
internal sealed record RoundedWeights(sbyte[] Bytes, float[] Scales, float[] Shift)
{
    /// <summary>Added to variances, as a part of their mean, so that what hardly varies in the photographs is not made to carry errors.</summary>
    private const double Damping = 0.01;

    /// <summary>Added to variances too, as a part of the mean's square: covariances are sums of floats, and no more exact than this.</summary>
    private const double Precision = 1e-5;

    /// <param name="weights">[outputs, ...].</param>
    /// <param name="moments">Of the layer's input; null: nothing is known of it, and each weight goes to its nearest byte.</param>
    public static RoundedWeights Of(ReadOnlyMemory<float> weights, int outputs, InputMoments? moments)
    {
        var rounded = new RoundedWeights(new sbyte[weights.Length], Int8Weights.ScalesOf(weights.Span, outputs), new float[outputs]);
        var (length, groups) = (weights.Length / outputs, moments?.Groups ?? 1);
        for (var group = 0; group < groups; group++)
        {
            var mean = moments?.MeanOf(group);
            var triangle = moments is { HasCovariance: true } ? Triangle.Of(moments.CovarianceOf(group), mean!) : null;
            Parallel.For(group * (outputs / groups), (group + 1) * (outputs / groups), output =>
            {
                var row = weights.Span.Slice(output * length, length);
                var bytes = rounded.Bytes.AsSpan(output * length, length);
                rounded.Shift[output] = Round(row, rounded.Scales[output], triangle, mean, bytes);
            });
        }

        return rounded;
    }

    private static float Round(ReadOnlySpan<float> weights, float scale, Triangle? triangle, double[]? mean, Span<sbyte> bytes)
    {
        var length = weights.Length;
        var passedOn = new double[length]; // by place in the triangle's order
        double shift = 0;
        for (var i = length - 1; i >= 0; i--)
        {
            var weight = triangle?.Order[i] ?? i;
            var lower = triangle is null ? default : triangle.Factor.Lower(i);
            bytes[weight] = Int8Weights.Round(triangle is null ? weights[weight] : weights[weight] + (float)(passedOn[i] / lower[i]), scale);
            var error = weights[weight] - ((double)bytes[weight] * scale);
            shift += error * (mean?[weight] ?? 0);
            if (triangle is not null)
            {
                var left = passedOn.AsSpan(0, i);
                TensorPrimitives.MultiplyAdd(lower[..i], error, left, left);
            }
        }

        return (float)shift;
    }

    /// <param name="Order">Weights, those that vary most last: they are rounded first, while there are others to make up for them.</param>
    /// <param name="Factor">Of the covariance in that order.</param>
    private sealed record Triangle(int[] Order, Cholesky Factor)
    {
        /// <returns>Null where the input is always 0.</returns>
        public static Triangle? Of(double[] covariance, double[] mean)
        {
            var length = mean.Length;
            var variances = Enumerable.Range(0, length).Select(i => covariance[(i * length) + i]).ToArray();
            var damping = (Damping * variances.Average()) + (Precision * mean.Average(static value => value * value));
            if (!(damping > 0))
            {
                return null;
            }

            var order = Enumerable.Range(0, length).OrderBy(i => variances[i]).ToArray();
            var ordered = new double[length * length];
            for (var i = 0; i < length; i++)
            {
                for (var j = 0; j <= i; j++)
                {
                    var (row, column) = (Math.Max(order[i], order[j]), Math.Min(order[i], order[j]));
                    ordered[(i * length) + j] = covariance[(row * length) + column] + (i == j ? damping : 0);
                }
            }

            return new Triangle(order, new Cholesky(ordered, length));
        }
    }
}
