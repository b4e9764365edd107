using System.Numerics.Tensors;
using EcoM2F.Inference.Numerics;
using EcoM2F.Recipe.Gates;

namespace EcoM2F.Benchmarks.Exits;

/// <summary>
/// Ridge regression as <see cref="Recipe.Adapters.IdentityRidge"/> has it, for more inputs than outputs: of centred x = [own, beside] and y,
/// |x W - y|^2 + p m |W - T|^2 with T = [I; 0] is least at W = T + A^-1 R, where A = x'x + p m I, R = x'y - x'x T, and m is the mean of the
/// diagonal of x'x.
/// </summary>
internal sealed class FeatureRidge
{
    private readonly Moments _moments;
    private readonly double[] _scatter;  // x'x, [inputs, inputs]
    private readonly double[] _residual; // R, [output, inputs]
    private readonly double _scale;      // m

    public FeatureRidge(Moments moments)
    {
        _moments = moments;
        var (inputs, outputs, n) = (moments.Width, moments.Outputs, moments.Count);
        (_scatter, _residual) = (new double[inputs * inputs], new double[outputs * inputs]);
        for (var i = 0; i < inputs; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var value = moments.XX[(j * inputs) + i] - (moments.X[i] * moments.X[j] / n);
                (_scatter[(i * inputs) + j], _scatter[(j * inputs) + i]) = (value, value);
            }

            _scale += _scatter[(i * inputs) + i] / inputs;
        }

        for (var k = 0; k < outputs; k++)
        {
            for (var i = 0; i < inputs; i++)
            {
                _residual[(k * inputs) + i] = moments.XY[(k * inputs) + i] - (moments.Y[k] * moments.X[i] / n) - _scatter[(k * inputs) + i];
            }
        }
    }

    public AffineMap Fit(double penalty) => ToMap(Solve(Penalised(penalty), _moments.Width));

    /// <summary>
    /// The best map whose part beside has a given rank (reduced-rank regression, in closed form). With W_b that part of the full map D = W - T,
    /// and S = A_bb - A_bo A_oo^-1 A_ob, the truncated singular value decomposition of S^1/2 W_b is W_b V V', V the first eigenvectors of
    /// W_b' S W_b; the own part is then the best for it, D_o + A_oo^-1 A_ob (W_b - W_b V V').
    /// </summary>
    public AffineMap Fit(double penalty, int rank)
    {
        var (inputs, d) = (_moments.Width, _moments.Outputs);
        var penalised = Penalised(penalty);
        var change = Solve(penalised, inputs); // D', [output, inputs]
        var own = new Cholesky(Corner(penalised), d);
        var explained = new double[d * d]; // row j: A_oo^-1 A_ob of input j beside
        for (var j = 0; j < d; j++)
        {
            own.Solve(penalised.AsSpan((d + j) * inputs, d), explained.AsSpan(j * d, d));
        }

        var schur = new double[d * d];
        for (var i = 0; i < d; i++)
        {
            for (var j = 0; j < d; j++)
            {
                schur[(i * d) + j] = penalised[((d + i) * inputs) + d + j] - TensorPrimitives.Dot<double>(penalised.AsSpan((d + i) * inputs, d), explained.AsSpan(j * d, d));
            }
        }

        var kept = SymmetricEigen.Projection(Congruent(schur, change), d, rank); // V V'
        var cut = change.ToArray();
        for (var k = 0; k < d; k++)
        {
            var row = cut.AsSpan(k * inputs, inputs);
            var beside = row[d..];
            beside.Clear();
            for (var l = 0; l < d; l++)
            {
                TensorPrimitives.MultiplyAdd(change.AsSpan((l * inputs) + d, d), kept[(k * d) + l], beside, beside);
            }

            for (var j = 0; j < d; j++)
            {
                TensorPrimitives.MultiplyAdd(explained.AsSpan(j * d, d), change[(k * inputs) + d + j] - beside[j], row[..d], row[..d]);
            }
        }

        return ToMap(cut);
    }

    /// <summary>A.</summary>
    private double[] Penalised(double penalty)
    {
        var matrix = _scatter.ToArray();
        for (var i = 0; i < _moments.Width; i++)
        {
            matrix[(i * _moments.Width) + i] += penalty * _scale;
        }

        return matrix;
    }

    /// <summary>A_oo.</summary>
    private double[] Corner(double[] penalised)
    {
        var (inputs, d) = (_moments.Width, _moments.Outputs);
        var corner = new double[d * d];
        for (var i = 0; i < d; i++)
        {
            penalised.AsSpan(i * inputs, d).CopyTo(corner.AsSpan(i * d));
        }

        return corner;
    }

    /// <summary>(A^-1 R)', [output, inputs].</summary>
    private double[] Solve(double[] penalised, int inputs)
    {
        var solver = new Cholesky(penalised, inputs);
        var change = new double[_residual.Length];
        for (var at = 0; at < change.Length; at += inputs)
        {
            solver.Solve(_residual.AsSpan(at, inputs), change.AsSpan(at, inputs));
        }

        return change;
    }

    /// <summary>W_b' S W_b.</summary>
    private double[] Congruent(double[] matrix, double[] change)
    {
        var (inputs, d) = (_moments.Width, _moments.Outputs);
        var result = new double[d * d];
        var product = new double[d];
        for (var k = 0; k < d; k++)
        {
            for (var i = 0; i < d; i++)
            {
                product[i] = TensorPrimitives.Dot<double>(matrix.AsSpan(i * d, d), change.AsSpan((k * inputs) + d, d));
            }

            for (var l = 0; l < d; l++)
            {
                result[(k * d) + l] = TensorPrimitives.Dot<double>(product, change.AsSpan((l * inputs) + d, d));
            }
        }

        return result;
    }

    /// <summary>W = T + D, with the bias that the means ask for.</summary>
    private AffineMap ToMap(double[] change)
    {
        var map = new AffineMap(_moments.Outputs, _moments.Width);
        change.CopyTo(map.Weight, 0);
        for (var k = 0; k < map.Outputs; k++)
        {
            map.Row(k)[k]++;
            map.Bias[k] = (_moments.Y[k] - TensorPrimitives.Dot<double>(map.Row(k), _moments.X)) / _moments.Count;
        }

        return map;
    }
}
