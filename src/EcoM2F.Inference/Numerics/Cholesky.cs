using System.Numerics.Tensors;

namespace EcoM2F.Inference.Numerics;

/// <summary>A symmetric positive definite matrix A as L L', with L lower triangular: solves A x = b.</summary>
public sealed class Cholesky
{
    private readonly int _size;
    private readonly double[] _lower;

    /// <param name="matrix">[size, size] row by row; the lower triangle is read.</param>
    /// <exception cref="ArgumentException">It is not positive definite.</exception>
    public Cholesky(ReadOnlySpan<double> matrix, int size)
    {
        _size = size;
        _lower = matrix.ToArray();
        for (var i = 0; i < size; i++)
        {
            var row = Row(i);
            for (var j = 0; j < i; j++)
            {
                row[j] = (row[j] - TensorPrimitives.Dot<double>(row[..j], Row(j)[..j])) / Row(j)[j];
            }

            var pivot = row[i] - TensorPrimitives.SumOfSquares<double>(row[..i]);
            row[i] = pivot > 0 ? Math.Sqrt(pivot) : throw new ArgumentException("The matrix is not positive definite.", nameof(matrix));
        }
    }

    /// <summary>Solves L y = right.</summary>
    /// <param name="right">[size].</param>
    /// <param name="y">[size]: gets the solution; may be <paramref name="right"/>.</param>
    public void SolveLower(ReadOnlySpan<double> right, Span<double> y)
    {
        for (var i = 0; i < _size; i++)
        {
            y[i] = (right[i] - TensorPrimitives.Dot<double>(Row(i)[..i], y[..i])) / Row(i)[i];
        }
    }

    /// <summary>Solves A x = right.</summary>
    /// <param name="right">[size].</param>
    /// <param name="x">[size]: gets the solution; may be <paramref name="right"/>.</param>
    public void Solve(ReadOnlySpan<double> right, Span<double> x)
    {
        SolveLower(right, x);
        for (var i = _size - 1; i >= 0; i--)
        {
            x[i] /= Row(i)[i];
            var above = x[..i];
            TensorPrimitives.MultiplyAdd(Row(i)[..i], -x[i], above, above);
        }
    }

    /// <returns>Row <paramref name="i"/> of L, up to its diagonal and with it.</returns>
    public ReadOnlySpan<double> Lower(int i) => Row(i)[..(i + 1)];

    private Span<double> Row(int i) => _lower.AsSpan(i * _size, _size);
}
