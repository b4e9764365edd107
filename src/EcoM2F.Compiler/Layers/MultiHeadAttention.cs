using EcoM2F.Compiler.Graph;

namespace EcoM2F.Compiler.Layers;

/// <summary>Scaled dot-product attention over heads; the caller projects.</summary>
internal sealed record MultiHeadAttention(GraphBuilder Graph, int Width, int Heads)
{
    private int HeadWidth => Width / Heads;

    /// <summary>int64 for the other methods, where the number of rows of an image is a constant.</summary>
    public Value Shape(int rows) => Graph.Ints(-1, rows, Heads, HeadWidth);

    /// <summary>int64 for the other methods, where the number of rows is not known.</summary>
    /// <param name="batch">int64 [1].</param>
    public Value Shape(Value batch) => Graph.Concat(0, batch, Graph.Ints(-1, Heads, HeadWidth));

    /// <param name="x">[B*rows, d].</param>
    /// <param name="shape">int64: B, rows (one of them may be -1), heads, d/heads.</param>
    public Value Queries(Value x, Value shape) // [B, heads, rows, d/heads], scaled
    {
        var scaled = Graph.Mul(x, Graph.Scalar(1 / MathF.Sqrt(HeadWidth)));
        return Graph.Transpose(Graph.Reshape(scaled, shape), 0, 2, 1, 3);
    }

    /// <param name="x">[B*M, d].</param>
    /// <param name="shape">int64: B, M (or -1), heads, d/heads.</param>
    public Value Keys(Value x, Value shape) => Graph.Transpose(Graph.Reshape(x, shape), 0, 2, 3, 1); // [B, heads, d/heads, M]

    /// <inheritdoc cref="Keys"/>
    public Value Values(Value x, Value shape) => Graph.Transpose(Graph.Reshape(x, shape), 0, 2, 1, 3); // [B, heads, M, d/heads]

    /// <param name="bias">[B, 1, rows, M] added to the logits, or none.</param>
    public Value Attend(Value queries, Value keys, Value values, Value bias) // [B*rows, d]
    {
        var logits = Graph.MatMul(queries, keys);                                      // [B, heads, rows, M]
        if (bias != Value.None)
        {
            logits = Graph.Add(logits, bias);
        }

        var sum = Graph.MatMul(Graph.Softmax(logits), values);                         // [B, heads, rows, d/heads]
        return Graph.Reshape(Graph.Transpose(sum, 0, 2, 1, 3), -1, Width);
    }
}
