using System.Numerics.Tensors;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Numerics;

namespace EcoM2F.Recipe.Gates;

/// <summary>
/// What points have in common in how their gains follow the features, so that few images suffice for many points: the regression's weights
/// of all gains are projected onto fewer directions, by the points' sizes, depths and decoder depths (additive) or by what varies most (low rank). Mean gains
/// stay each point's own.
/// </summary>
internal sealed class SharedGains
{
    /// <summary>Turns of the power iteration: directions of nearly equal weight may be taken for one another, which does no harm.</summary>
    private const int Iterations = 60;

    /// <summary>[gains, gains]; null for low rank, whose projection depends on the fit.</summary>
    private readonly double[]? _projection;
    private readonly int _rank;

    private SharedGains(string name, double[]? projection, int rank = 0) => (Name, _projection, _rank) = (name, projection, rank);

    /// <summary>As reports have it.</summary>
    public string Name { get; }

    /// <summary>Every point for itself.</summary>
    public static SharedGains None { get; } = new("none", null);

    /// <summary>What is tried, the freest first: where only depth is chosen, only that.</summary>
    public static IReadOnlyList<SharedGains> For(IReadOnlyList<GatePoint> points)
    {
        var axes = Axes.Where(axis => points.Select(axis).Distinct().Count() > 1).ToList();
        return points.All(point => point.Size == points[0].Size && point.DecoderDepth == points[0].DecoderDepth) ? [None]
            : axes.Count == 1 ? [None, new SharedGains("rank 1", null, 1)]
            : [None, Additive(points), new SharedGains("rank 2", null, 2), new SharedGains("rank 1", null, 1)];
    }

    /// <summary>What points differ in.</summary>
    private static IReadOnlyList<Func<GatePoint, int?>> Axes { get; } = [static point => point.Size, static point => point.Depth, static point => point.DecoderDepth];

    /// <summary>The map with shared weights; its first output, the first point's own quality, stays as it is.</summary>
    /// <param name="map">Of standardised features.</param>
    public AffineMap Of(AffineMap map, int width)
    {
        var gains = map.Outputs - 1;
        var projection = _projection ?? (_rank > 0 && _rank < gains ? LowRank(map, gains) : null);
        if (projection is null)
        {
            return map;
        }

        var shared = new AffineMap(map.Outputs, width);
        map.Bias.CopyTo(shared.Bias, 0);
        map.Row(0).CopyTo(shared.Row(0));
        for (var k = 0; k < gains; k++)
        {
            for (var j = 0; j < gains; j++)
            {
                TensorPrimitives.MultiplyAdd(map.Row(j + 1), projection[(k * gains) + j], shared.Row(k + 1), shared.Row(k + 1));
            }
        }

        return shared;
    }

    /// <summary>gain = (part of the size) + (part of the depth) + (part of the decoder depth), each 0 at the first point's.</summary>
    private static SharedGains Additive(IReadOnlyList<GatePoint> points)
    {
        var parts = Axes.SelectMany(axis => points.Select(axis).Distinct().Where(value => value != axis(points[0])).Select(value => (Axis: axis, Value: value))).ToArray();
        var columns = parts.Length;
        var rows = points.Skip(1).Select(point => (double[])[.. parts.Select(part => part.Axis(point) == part.Value ? 1.0 : 0)]).ToArray();
        var gram = new double[columns * columns];
        foreach (var row in rows)
        {
            for (var i = 0; i < columns; i++)
            {
                TensorPrimitives.MultiplyAdd(row, row[i], gram.AsSpan(i * columns, columns), gram.AsSpan(i * columns, columns));
            }
        }

        var (solver, projection) = (new Cholesky(gram, columns), new double[rows.Length * rows.Length]);
        var solved = new double[columns];
        for (var j = 0; j < rows.Length; j++)
        {
            solver.Solve(rows[j], solved);
            for (var k = 0; k < rows.Length; k++)
            {
                projection[(k * rows.Length) + j] = TensorPrimitives.Dot<double>(rows[k], solved);
            }
        }

        return new SharedGains("additive", projection);
    }

    /// <summary>Onto the directions of gains in which the weights are largest, one after the other.</summary>
    private double[] LowRank(AffineMap map, int gains)
    {
        var gram = new double[gains * gains];
        for (var k = 0; k < gains; k++)
        {
            for (var j = 0; j < gains; j++)
            {
                gram[(k * gains) + j] = TensorPrimitives.Dot<double>(map.Row(k + 1), map.Row(j + 1));
            }
        }

        var projection = new double[gains * gains];
        for (var rank = 0; rank < _rank; rank++)
        {
            var direction = Largest(gram, gains);
            for (var k = 0; k < gains; k++)
            {
                TensorPrimitives.MultiplyAdd(direction, direction[k], projection.AsSpan(k * gains, gains), projection.AsSpan(k * gains, gains));
            }

            Deflate(gram, direction);
        }

        return projection;
    }

    private static double[] Largest(double[] gram, int size)
    {
        var (direction, next) = (new double[size], new double[size]);
        for (var i = 0; i < size; i++)
        {
            direction[i] = 1 + (i / (double)size); // not symmetric, so not at right angles to what is looked for
        }

        for (var turn = 0; turn < Iterations; turn++)
        {
            for (var i = 0; i < size; i++)
            {
                next[i] = TensorPrimitives.Dot<double>(gram.AsSpan(i * size, size), direction);
            }

            var norm = TensorPrimitives.Norm<double>(next);
            if (norm <= double.Epsilon)
            {
                return new double[size]; // nothing is left
            }

            TensorPrimitives.Divide(next, norm, direction);
        }

        return direction;
    }

    private static void Deflate(double[] gram, double[] direction)
    {
        var (size, product) = (direction.Length, new double[direction.Length]);
        for (var i = 0; i < size; i++)
        {
            product[i] = TensorPrimitives.Dot<double>(gram.AsSpan(i * size, size), direction);
        }

        var weight = TensorPrimitives.Dot<double>(product, direction);
        for (var i = 0; i < size; i++)
        {
            TensorPrimitives.MultiplyAdd(direction, -weight * direction[i], gram.AsSpan(i * size, size), gram.AsSpan(i * size, size));
        }
    }
}
