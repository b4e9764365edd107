namespace EcoM2F.Inference.Kernels;

/// <summary>One call of <see cref="GroupNormKernel"/>: where its tensors lie. Everything outlives the call; threads only read it.</summary>
internal unsafe struct GroupNormJob
{
    /// <summary>[B, C, H, W].</summary>
    public float* X;

    /// <summary>[B, C, H/2, W/2]; null: nothing is added.</summary>
    public float* Coarse;

    /// <summary>[C].</summary>
    public float* Scale;

    /// <summary>[C].</summary>
    public float* Shift;

    /// <summary>[B, C, H, W].</summary>
    public float* Output;

    public float Epsilon;

    /// <summary>Of an image.</summary>
    public int Groups;

    /// <summary>Of one group; C is this times <see cref="Groups"/>.</summary>
    public int Channels;

    public int Height;

    public int Width;

    /// <summary>Whether results below 0 become 0.</summary>
    public bool Relu;

    /// <summary>Lanes of the vectors; what a row leaves over is computed one by one.</summary>
    public VectorWidth Lanes;
}
