using System.Numerics.Tensors;

namespace EcoM2F.Compiler.Quantization;

/// <summary>
/// Mean and covariance, over photographs, of what the weights of a convolution are multiplied with: one vector of
/// <see cref="ConvolutionWindow.Length"/> for each group and place of the output.
/// </summary>
internal sealed class InputMoments(ConvolutionWindow window)
{
    /// <summary>Of one photograph no more places are taken; those that are lie evenly over it.</summary>
    private const int MostPlaces = 1024;

    /// <summary>Of longer vectors only the mean is kept: time and memory of a covariance grow with the square, and faster.</summary>
    private const int LongestWithCovariance = 1200;

    private readonly double[] _sums = new double[window.Groups * window.Length];
    private readonly double[]? _products = window.Length <= LongestWithCovariance ? new double[window.Groups * window.Length * window.Length] : null;
    private long _count;

    public int Groups => window.Groups;

    /// <summary>Whether <see cref="CovarianceOf"/> may be asked.</summary>
    public bool HasCovariance => _products is not null;

    /// <param name="values">[1, channels, height, width]: the input of the convolution.</param>
    public void Add(ReadOnlySpan<float> values, ReadOnlySpan<long> shape)
    {
        var (height, width) = ((int)shape[2], (int)shape[3]);
        var output = window.OutputOf(height, width);
        var places = output.Height * output.Width;
        var step = Math.Max(1, places / MostPlaces) | 1; // odd: an even one would take the same columns of every row
        var columns = new float[window.Length * ((places + step - 1) / step)];
        for (var group = 0; group < Groups; group++)
        {
            window.Gather(values, height, width, group, step, columns);
            Add(group, columns);
        }

        _count += columns.Length / window.Length;
    }

    /// <returns>[length].</returns>
    public double[] MeanOf(int group) => [.. _sums.AsSpan(group * window.Length, window.Length).ToArray().Select(sum => sum / _count)];

    /// <returns>[length, length], row by row; the lower triangle with the diagonal.</returns>
    public double[] CovarianceOf(int group)
    {
        var (length, mean) = (window.Length, MeanOf(group));
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
        var (length, places) = (window.Length, columns.Length / window.Length);
        for (var i = 0; i < length; i++)
        {
            var row = columns.Slice(i * places, places);
            _sums[(group * length) + i] += TensorPrimitives.Sum(row);
            for (var j = 0; _products is not null && j <= i; j++)
            {
                _products[(((group * length) + i) * length) + j] += TensorPrimitives.Dot(row, columns.Slice(j * places, places));
            }
        }
    }
}
