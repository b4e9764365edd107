namespace EcoM2F.Benchmarks.Exits;

/// <summary>Eigenvectors of a symmetric matrix by Jacobi's rotations.</summary>
internal static class SymmetricEigen
{
    /// <summary>Off-diagonal squares beside all squares from which on the matrix counts as diagonal.</summary>
    private const double Tolerance = 1e-18;

    private const int MostSweeps = 30;

    /// <param name="matrix">[size, size]; changed.</param>
    /// <returns>V V', V the eigenvectors of the <paramref name="rank"/> largest eigenvalues.</returns>
    public static double[] Projection(double[] matrix, int size, int rank)
    {
        var vectors = new double[size * size]; // a row each
        for (var i = 0; i < size; i++)
        {
            vectors[(i * size) + i] = 1;
        }

        for (var sweep = 0; sweep < MostSweeps && !IsDiagonal(matrix, size); sweep++)
        {
            for (var p = 0; p < size; p++)
            {
                for (var q = p + 1; q < size; q++)
                {
                    Rotate(matrix, vectors, size, (p, q));
                }
            }
        }

        var projection = new double[size * size];
        foreach (var vector in Enumerable.Range(0, size).OrderByDescending(i => matrix[(i * size) + i]).Take(rank))
        {
            for (var i = 0; i < size; i++)
            {
                for (var j = 0; j < size; j++)
                {
                    projection[(i * size) + j] += vectors[(vector * size) + i] * vectors[(vector * size) + j];
                }
            }
        }

        return projection;
    }

    /// <summary>Makes one pair of off-diagonal numbers zero.</summary>
    private static void Rotate(double[] a, double[] vectors, int size, (int P, int Q) at)
    {
        var (p, q) = at;
        var off = a[(p * size) + q];
        if (off == 0)
        {
            return;
        }

        var theta = (a[(q * size) + q] - a[(p * size) + p]) / (2 * off);
        var tangent = (theta < 0 ? -1 : 1) / (Math.Abs(theta) + Math.Sqrt((theta * theta) + 1));
        var cosine = 1 / Math.Sqrt((tangent * tangent) + 1);
        var sine = tangent * cosine;
        for (var i = 0; i < size; i++)
        {
            Mix(ref a[(i * size) + p], ref a[(i * size) + q], cosine, sine);
        }

        for (var i = 0; i < size; i++)
        {
            Mix(ref a[(p * size) + i], ref a[(q * size) + i], cosine, sine);
            Mix(ref vectors[(p * size) + i], ref vectors[(q * size) + i], cosine, sine);
        }
    }

    private static void Mix(ref double p, ref double q, double cosine, double sine) => (p, q) = ((cosine * p) - (sine * q), (sine * p) + (cosine * q));

    private static bool IsDiagonal(double[] a, int size)
    {
        var (off, all) = (0.0, 0.0);
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j < size; j++)
            {
                var square = a[(i * size) + j] * a[(i * size) + j];
                (off, all) = (off + (i == j ? 0 : square), all + square);
            }
        }

        return off <= Tolerance * all;
    }
}
