namespace EcoM2F.Inference.Kernels;

/// <summary>One call of <see cref="AddLayerNormKernel"/>: where its tensors lie. Everything outlives the call; threads only read it.</summary>
internal unsafe struct AddLayerNormJob
{
    /// <summary>[rows, d].</summary>
    public float* X;

    /// <summary>[rows, d]; null: nothing is added.</summary>
    public float* Residual;

    /// <summary>[d].</summary>
    public float* Scale;

    /// <summary>[d].</summary>
    public float* Shift;

    /// <summary>[rows, d].</summary>
    public float* Output;

    public float Epsilon;

    /// <summary>d; a multiple of <see cref="Width"/>.</summary>
    public int Channels;

    public long Rows;

    public VectorWidth Width;
}
