using System.Numerics.Tensors;

namespace EcoM2F.Compiler.Quantization;

/// <summary>Mean and covariance, over photographs, of what the weights of a layer are multiplied with.</summary>
/// <param name="groups">Of outputs, each of which reads vectors of its own.</param>
/// <param name="length">Of the vectors.</param>
internal sealed class InputMoments(int groups, int length)
{
    /// <summary>Of one photograph about as many are taken, evenly, and all where there are fewer.</summary>
    public const int MostVectors = 1024;

    /// <summary>Of longer vectors only the mean is kept: time and memory of a covariance grow with the square, and faster.</summary>
    private const int LongestWithCovariance = 1200;

    private readonly double[] _sums = new double[groups * length];
    private readonly double[]? _products = length <= LongestWithCovariance ? new double[groups * length * length] : null;
    private long _count;

    public int Groups => groups;

    /// <summary>Whether <see cref="CovarianceOf"/> may be asked.</summary>
    public bool HasCovariance => _products is not null;

    /// <param name="columns">[groups, length, vectors].</param>
    public void Add(ReadOnlySpan<float> columns)
    {
        var vectors = columns.Length / (groups * length);
        for (var group = 0; group < groups; group++)
        {
            Add(group, columns.Slice(group * length * vectors, length * vectors));
        }

        _count += vectors;
    }

    /// <returns>[length].</returns>
    public double[] MeanOf(int group) => [.. _sums.AsSpan(group * length, length).ToArray().Select(sum => sum / _count)];

    /// <returns>[length, length], row by row; the lower triangle with the diagonal.</returns>
    public double[] CovarianceOf(int group)
    {
        var mean = MeanOf(group);
        var covariance = _products!.AsSpan(group * length * length, length * length).ToArray();
        for (var i = 0; i < length; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                covariance[(i * length) + j] = (covariance[(i * length) + j] / _count) - (mean[i] * mean[j]);
            }
        }

        return covariance;
    }

    private void Add(int group, ReadOnlySpan<float> columns)
    {
        var vectors = columns.Length / length;
        for (var i = 0; i < length; i++)
        {
            var row = columns.Slice(i * vectors, vectors);
            _sums[(group * length) + i] += TensorPrimitives.Sum(row);
            for (var j = 0; _products is not null && j <= i; j++)
            {
                _products[(((group * length) + i) * length) + j] += TensorPrimitives.Dot(row, columns.Slice(j * vectors, vectors));
            }
        }
    }
}
