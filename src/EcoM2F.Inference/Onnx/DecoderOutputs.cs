using EcoM2F.Inference.Memory;

namespace EcoM2F.Inference.Onnx;

/// <summary>Class logits of a batch with its mask logits or its boxes, on the host, in rented arrays that return to the pool on disposal.</summary>
internal sealed class DecoderOutputs : IDisposable
{
    private const int Coordinates = 4;

    private readonly int _length;
    private float[]? _classes;
    private float[]? _regions; // masks or boxes

    private DecoderOutputs(int batch, int queries, int classes, int regionLength)
    {
        (Batch, Queries, Classes) = (batch, queries, classes);
        _length = batch * queries * regionLength;
        _classes = ImageArrays<float>.Pool.Rent(batch * queries * classes);
        _regions = ImageArrays<float>.Pool.Rent(_length);
    }

    public int Batch { get; }

    public int Queries { get; }

    /// <summary>Columns of the class logits: labels, and "no object" as the last where the network has it.</summary>
    public int Classes { get; }

    /// <summary>0 where there are boxes.</summary>
    public int MaskHeight { get; private init; }

    public int MaskWidth { get; private init; }

    public bool HasBoxes => MaskHeight == 0;

    /// <summary>[B, Queries, Classes].</summary>
    public Memory<float> ClassLogits => Live(_classes).AsMemory(0, Batch * Queries * Classes);

    /// <summary>[B, Queries, MaskHeight, MaskWidth].</summary>
    public Memory<float> MaskLogits => HasBoxes ? throw new InvalidOperationException("The model makes boxes and has no masks.") : Regions;

    /// <summary>[B, Queries, 4]: centre x, centre y, width, height, from 0 to 1 of the image.</summary>
    public Memory<float> Boxes => HasBoxes ? Regions : throw new InvalidOperationException("The model makes masks and has no boxes.");

    internal long[] RegionShape => HasBoxes ? [Batch, Queries, Coordinates] : [Batch, Queries, MaskHeight, MaskWidth];

    internal Memory<float> Regions => Live(_regions).AsMemory(0, _length);

    internal static DecoderOutputs ForMasks(int batch, int queries, int classes, int maskHeight, int maskWidth) =>
        new(batch, queries, classes, maskHeight * maskWidth) { MaskHeight = maskHeight, MaskWidth = maskWidth };

    internal static DecoderOutputs ForBoxes(int batch, int queries, int classes) => new(batch, queries, classes, Coordinates);

    /// <summary>Copies the outputs of a batch into those of its images. The caller disposes each, and this.</summary>
    public IReadOnlyList<DecoderOutputs> Split()
    {
        var images = new DecoderOutputs[Batch];
        var (classes, regions) = (Queries * Classes, _length / Batch);
        for (var i = 0; i < images.Length; i++)
        {
            images[i] = new DecoderOutputs(1, Queries, Classes, regions / Queries) { MaskHeight = MaskHeight, MaskWidth = MaskWidth };
            ClassLogits.Slice(i * classes, classes).CopyTo(images[i].ClassLogits);
            Regions.Slice(i * regions, regions).CopyTo(images[i].Regions);
        }

        return images;
    }

    public void Dispose()
    {
        Return(ref _classes);
        Return(ref _regions);
    }

    private static float[] Live(float[]? array) => array ?? throw new ObjectDisposedException(nameof(DecoderOutputs));

    private static void Return(ref float[]? array)
    {
        if (array is not null)
        {
            ImageArrays<float>.Pool.Return(array);
            array = null;
        }
    }
}
