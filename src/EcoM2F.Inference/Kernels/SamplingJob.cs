namespace EcoM2F.Inference.Kernels;

/// <summary>
/// One call of the sampling kernel: where its tensors and tables lie. B images, N tokens (rows of values) and Q queries an image,
/// d channels, S = heads * levels * points samples a query. Everything outlives the call; threads only read it.
/// </summary>
internal unsafe struct SamplingJob
{
    /// <summary>[B, N, d].</summary>
    public float* Values;

    /// <summary>[B, Q, 3 S]: offsets in pixels (heads, levels, points, x before y), then logits (heads, levels, points).</summary>
    public float* Projected;

    /// <summary>[B, Q, levels, 2], x before y, 0 to 1; null where query i is token i and looks from the middle of its own cell.</summary>
    public float* References;

    /// <summary>[B, Q, d].</summary>
    public float* Output;

    /// <summary>int64 [levels, 2]: height and width.</summary>
    public long* Sizes;

    public SamplingTables Tables;

    public int Heads;
    public int Levels;
    public int Points;

    /// <summary>Channels of a head.</summary>
    public int HeadWidth;

    /// <summary>N.</summary>
    public long Tokens;

    /// <summary>Q.</summary>
    public long Queries;

    /// <summary>B * Q.</summary>
    public long EndQuery;

    public VectorWidth Width;

    /// <summary>d.</summary>
    public readonly int Channels => Heads * HeadWidth;

    /// <summary>Samples of a head.</summary>
    public readonly int PerHead => Levels * Points;

    /// <summary>S.</summary>
    public readonly int Samples => Heads * PerHead;
}
