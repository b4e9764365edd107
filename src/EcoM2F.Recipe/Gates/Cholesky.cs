using System.Numerics.Tensors;

namespace EcoM2F.Recipe.Gates;

/// <summary>Solves A x = b for a symmetric positive definite A by A = L L'.</summary>
internal sealed class Cholesky
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

    /// <summary>L y = right.</summary>
    public void SolveLower(ReadOnlySpan<double> right, Span<double> y)
    {
        for (var i = 0; i < _size; i++)
        {
            y[i] = (right[i] - TensorPrimitives.Dot<double>(Row(i)[..i], y[..i])) / Row(i)[i];
        }
    }

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

    private Span<double> Row(int i) => _lower.AsSpan(i * _size, _size);
}
