namespace EcoM2F.Inference.Safetensors;

/// <summary>Where one tensor lies in its file.</summary>
/// <param name="Shape">Empty for a scalar.</param>
/// <param name="Offset">Bytes from the start of the file.</param>
/// <param name="Length">Bytes: the product of the shape times the element's size.</param>
public sealed record TensorEntry(string Name, TensorType Type, IReadOnlyList<long> Shape, long Offset, long Length)
{
    public long Elements => Length / Type.Size();
}
