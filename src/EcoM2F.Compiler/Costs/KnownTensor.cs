namespace EcoM2F.Compiler.Costs;

/// <summary>What is known of a tensor before a graph runs: its shape, and for the few integers that shapes are made of, also the values.</summary>
/// <param name="Values">Null: unknown. Held as double: sizes and the ranges derived from them are small.</param>
internal sealed record KnownTensor(long[] Shape, double[]? Values = null)
{
    public long Elements => Shape.Aggregate(1L, static (product, dim) => product * dim);
}
