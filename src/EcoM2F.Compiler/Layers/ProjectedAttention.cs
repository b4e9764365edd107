using EcoM2F.Compiler.Graph;

namespace EcoM2F.Compiler.Layers;

/// <summary>Attention with the projections around it: <c>q_proj</c>, <c>k_proj</c>, <c>v_proj</c> and <c>out_proj</c> of a prefix.</summary>
internal static class ProjectedAttention
{
    /// <summary>Queries and keys read the same input, so one matrix makes both.</summary>
    /// <param name="b">Graph and checkpoint.</param>
    /// <param name="attention">Of the graph, with widths.</param>
    /// <param name="prefix">The checkpoint's, up to and including <c>self_attn</c>.</param>
    /// <param name="x">[B*rows, d].</param>
    /// <param name="placed">[B*rows, d]: the same with position.</param>
    /// <param name="shape">int64: B, rows (one of them may be -1), heads, d/heads.</param>
    public static Value SelfAttention(this LayerBuilder b, MultiHeadAttention attention, string prefix, Value x, Value placed, Value shape) // [B*rows, d]
    {
        using var scope = b.Graph.Scope(prefix);
        var width = attention.Width;
        var projected = b.Graph.Node(
            "Gemm",
            [
                placed,
                b.Matrix(prefix + ".q_proj_and_k_proj.weight", width, (prefix + ".q_proj.weight", width), (prefix + ".k_proj.weight", width)),
                b.Vector(prefix + ".q_proj_and_k_proj.bias", (prefix + ".q_proj.bias", width), (prefix + ".k_proj.bias", width)),
            ]);
        var parts = b.Graph.Split(projected, 1, width, width);
        var values = attention.Values(b.Linear(x, prefix + ".v_proj", width, width), shape);
        var attended = attention.Attend(attention.Queries(parts[0], shape), attention.Keys(parts[1], shape), values, Value.None);
        return b.Linear(attended, prefix + ".out_proj", width, width);
    }

    /// <param name="b">Graph and checkpoint.</param>
    /// <param name="attention">Of the graph, with widths.</param>
    /// <param name="prefix">The checkpoint's, up to and including <c>encoder_attn</c>.</param>
    /// <param name="queries">[B*Q, d] with position, and their shape as int64.</param>
    /// <param name="memory">[B*M, d] without and with position, and their shape as int64.</param>
    public static Value CrossAttention(
        this LayerBuilder b, MultiHeadAttention attention, string prefix, (Value Placed, Value Shape) queries, (Value Tokens, Value Placed, Value Shape) memory) // [B*Q, d]
    {
        using var scope = b.Graph.Scope(prefix);
        var q = attention.Queries(Project(queries.Placed, ".q_proj"), queries.Shape);
        var k = attention.Keys(Project(memory.Placed, ".k_proj"), memory.Shape);
        var v = attention.Values(Project(memory.Tokens, ".v_proj"), memory.Shape);
        return Project(attention.Attend(q, k, v, Value.None), ".out_proj");

        Value Project(Value x, string name) => b.Linear(x, prefix + name, attention.Width, attention.Width);
    }
}
