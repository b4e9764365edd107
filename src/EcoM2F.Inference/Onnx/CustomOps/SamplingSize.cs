using EcoM2F.Inference.Kernels;

namespace EcoM2F.Inference.Onnx.CustomOps;

/// <summary>The attributes of one <c>MSDeformAttn</c> node.</summary>
internal readonly unsafe record struct SamplingSize(int Heads, int Levels, int Points)
{
    /// <summary>S.</summary>
    public int Samples => Heads * Levels * Points;

    /// <exception cref="ArgumentException">An attribute is missing or out of range.</exception>
    public static SamplingSize Read(nint kernelInfo)
    {
        long heads, levels, points;
        fixed (byte* name = "heads"u8)
        {
            heads = Attribute(kernelInfo, name, "heads");
        }

        fixed (byte* name = "levels"u8)
        {
            levels = Attribute(kernelInfo, name, "levels");
        }

        fixed (byte* name = "points"u8)
        {
            points = Attribute(kernelInfo, name, "points");
        }

        return heads * levels * points <= DeformableSampling.MaxSamples
            ? new SamplingSize((int)heads, (int)levels, (int)points)
            : throw new ArgumentException($"MSDeformAttn: heads x levels x points is {heads * levels * points}; allowed are 1 to {DeformableSampling.MaxSamples}.");
    }

    private static long Attribute(nint kernelInfo, byte* name, string what)
    {
        long value;
        OrtStatus.Check(OrtApi.GetAttribute(kernelInfo, name, &value));
        return value is >= 1 and <= DeformableSampling.MaxSamples
            ? value
            : throw new ArgumentException($"MSDeformAttn: attribute {what} is {value}; allowed are 1 to {DeformableSampling.MaxSamples}.");
    }
}
