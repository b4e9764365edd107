using System.Numerics.Tensors;
using EcoM2F.Inference.Verification;

namespace EcoM2F.Compiler;

/// <summary>A gate's graph against the same sums here: nothing is installed that was not trained.</summary>
internal static class GateCheck
{
    /// <summary>A graph's single precision against the same sum in double precision, for scores around 1.</summary>
    private const double Tolerance = 1e-5;

    /// <param name="cases">What the graph gave for the canary's features.</param>
    /// <exception cref="CompileException">Something differs; says what.</exception>
    public static void Require(NewGate gate, IReadOnlyList<GateCase> cases)
    {
        var (points, width) = (gate.Bias.Length, gate.Weight.Length / gate.Bias.Length);
        var columns = gate.Leverage is null ? points : points + 1;
        foreach (var (pooled, scores) in cases)
        {
            for (var i = 0; i < scores.Length; i++)
            {
                var feature = pooled.AsSpan(i / columns * width, width);
                var (expected, size) = i % columns < points ? Score(gate, i % columns, feature) : Leverage(gate.Leverage!, feature);
                if (!(Math.Abs(scores[i] - expected) <= Tolerance * Math.Max(1, size)))
                {
                    throw new CompileException(FormattableString.Invariant($"The gate's graph gives {scores[i]} where {expected} was trained; nothing was installed."));
                }
            }
        }
    }

    /// <returns>The score, and a bound of the sum's largest terms.</returns>
    private static (double Value, double Size) Score(NewGate gate, int point, ReadOnlySpan<float> feature)
    {
        var (x, w) = (new double[feature.Length], new double[feature.Length]);
        TensorPrimitives.ConvertTruncating(feature, x.AsSpan());
        TensorPrimitives.ConvertTruncating(gate.Weight.AsSpan(point * x.Length, x.Length), w.AsSpan());
        return (TensorPrimitives.Dot<double>(x, w) + gate.Bias[point], TensorPrimitives.Norm<double>(x) * TensorPrimitives.Norm<double>(w));
    }

    private static (double Value, double Size) Leverage(GateLeverage leverage, ReadOnlySpan<float> feature)
    {
        var (sum, size) = (0.0, 0.0);
        for (var column = 0; column < feature.Length; column++)
        {
            var (whitened, terms) = (0.0, 0.0);
            for (var row = 0; row < feature.Length; row++)
            {
                var term = ((double)feature[row] - leverage.Mean[row]) * leverage.Weight[(row * feature.Length) + column];
                (whitened, terms) = (whitened + term, terms + Math.Abs(term));
            }

            (sum, size) = (sum + (whitened * whitened), size + (terms * terms));
        }

        return (sum, size);
    }
}
