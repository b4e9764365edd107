using System.Buffers;

namespace EcoM2F.Inference.Onnx;

/// <summary>Class and mask logits of a batch, on the host, in rented arrays that return to the pool on disposal.</summary>
public sealed class DecoderOutputs : IDisposable
{
    private float[]? _classes;
    private float[]? _masks;

    internal DecoderOutputs(int batch, int queries, int classes, int maskHeight, int maskWidth)
    {
        (Batch, Queries, Classes, MaskHeight, MaskWidth) = (batch, queries, classes, maskHeight, maskWidth);
        _classes = ArrayPool<float>.Shared.Rent(batch * queries * classes);
        _masks = ArrayPool<float>.Shared.Rent(batch * queries * maskHeight * maskWidth);
    }

    public int Batch { get; }

    public int Queries { get; }

    /// <summary>Labels and "no object", which is last.</summary>
    public int Classes { get; }

    public int MaskHeight { get; }

    public int MaskWidth { get; }

    /// <summary>[B, Queries, Classes].</summary>
    public Memory<float> ClassLogits => Live(_classes).AsMemory(0, Batch * Queries * Classes);

    /// <summary>[B, Queries, MaskHeight, MaskWidth].</summary>
    public Memory<float> MaskLogits => Live(_masks).AsMemory(0, Batch * Queries * MaskHeight * MaskWidth);

    public void Dispose()
    {
        Return(ref _classes);
        Return(ref _masks);
    }

    private static float[] Live(float[]? array) => array ?? throw new ObjectDisposedException(nameof(DecoderOutputs));

    private static void Return(ref float[]? array)
    {
        if (array is not null)
        {
            ArrayPool<float>.Shared.Return(array);
            array = null;
        }
    }
}
