using System.Numerics.Tensors;
using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Compiler.Graph;

namespace EcoM2F.Compiler.Layers;

/// <summary>
/// What every block needs to be built: the graph, and the checkpoint its weights come from. The blocks' names are the
/// checkpoint's prefixes, and so are those of the weights in the file.
/// </summary>
/// <param name="Fused">Whether blocks may use operators of our own.</param>
internal sealed record LayerBuilder(GraphBuilder Graph, CheckpointReader Checkpoint, bool Fused = false)
{
    /// <summary>A tensor as the checkpoint has it.</summary>
    public Value Weight(string name, params long[] shape)
    {
        Graph.Weights.Add(name, () => Checkpoint.Read(name, shape), shape);
        return Graph.Weight(name);
    }

    /// <summary>PyTorch's [out, in] matrices side by side as one [in, sum of out], so that the graph transposes nothing.</summary>
    public Value Matrix(string name, int inputs, params (string Key, int Outputs)[] parts) =>
        Matrix(name, inputs, [.. parts.Select(p => (p.Key, p.Outputs, 1f))]);

    /// <summary>The same, each part times a factor.</summary>
    public Value Matrix(string name, int inputs, params (string Key, int Outputs, float Factor)[] parts)
    {
        long outputs = parts.Sum(p => p.Outputs);
        Graph.Weights.Add(name, () => Join(), inputs, outputs);
        return Graph.Weight(name);

        float[] Join()
        {
            var read = parts.Select(p => Scale(Checkpoint.Read(p.Key, p.Outputs, inputs), p.Factor)).ToList(); // checks shapes before it allocates
            var joined = new float[inputs * outputs];
            var first = 0;
            foreach (var part in read)
            {
                var count = part.Length / inputs;
                Transpose(part, joined, count, (int)outputs, first);
                first += count;
            }

            return joined;
        }
    }

    /// <summary>Vectors one after the other.</summary>
    public Value Vector(string name, params (string Key, int Length)[] parts) => Vector(name, [.. parts.Select(p => (p.Key, p.Length, 1f))]);

    /// <summary>The same, each part times a factor.</summary>
    public Value Vector(string name, params (string Key, int Length, float Factor)[] parts)
    {
        Graph.Weights.Add(name, () => [.. parts.SelectMany(p => Scale(Checkpoint.Read(p.Key, p.Length), p.Factor))], parts.Sum(p => (long)p.Length));
        return Graph.Weight(name);
    }

    /// <summary>Part of a fused weight: rows <paramref name="start"/> to start + <paramref name="count"/> of [total, inputs], as [inputs, count].</summary>
    public Value MatrixRows(string name, string key, int inputs, int total, int start, int count)
    {
        Graph.Weights.Add(name, () => Take(), inputs, count);
        return Graph.Weight(name);

        float[] Take()
        {
            var all = Checkpoint.Read(key, total, inputs);
            var transposed = new float[inputs * count];
            Transpose(all.AsSpan(start * inputs, count * inputs), transposed, count, count, 0);
            return transposed;
        }
    }

    /// <summary>Part of a fused bias.</summary>
    public Value VectorPart(string name, string key, int total, int start, int count)
    {
        Graph.Weights.Add(name, () => Checkpoint.Read(key, total).AsSpan(start, count).ToArray(), count);
        return Graph.Weight(name);
    }

    private static float[] Scale(float[] values, float factor)
    {
        TensorPrimitives.Multiply(values, factor, values);
        return values;
    }

    private static void Transpose(ReadOnlySpan<float> source, Span<float> target, int rows, int stride, int firstColumn)
    {
        var columns = source.Length / rows;
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                target[(column * stride) + firstColumn + row] = source[(row * columns) + column];
            }
        }
    }
}
