namespace EcoM2F.Inference.Onnx.CustomOps;

/// <summary>The attributes of a node, while its kernel is made.</summary>
/// <param name="info">ONNX Runtime's OrtKernelInfo.</param>
internal readonly unsafe struct KernelInfo(nint info)
{
    /// <param name="name">UTF-8 that a 0 follows, as in a literal.</param>
    /// <exception cref="InvalidOperationException">The node has no such attribute.</exception>
    public float Float(ReadOnlySpan<byte> name)
    {
        float value;
        fixed (byte* text = name)
        {
            OrtStatus.Check(OrtApi.GetAttribute(info, text, &value));
        }

        return value;
    }

    /// <inheritdoc cref="Float"/>
    public long Integer(ReadOnlySpan<byte> name)
    {
        long value;
        fixed (byte* text = name)
        {
            OrtStatus.Check(OrtApi.GetAttribute(info, text, &value));
        }

        return value;
    }
}
