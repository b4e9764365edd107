using EcoM2F.Inference.Kernels;

namespace EcoM2F.Inference.Onnx.CustomOps;

/// <summary>The attributes of one <c>MSDeformAttn</c> node.</summary>
internal readonly record struct SamplingSize(int Heads, int Levels, int Points)
{
    /// <summary>S.</summary>
    public int Samples => Heads * Levels * Points;

    /// <exception cref="ArgumentException">An attribute is missing or out of range.</exception>
    public static SamplingSize Read(KernelInfo info)
    {
        var (heads, levels, points) = (Attribute(info.Integer("heads"u8), "heads"), Attribute(info.Integer("levels"u8), "levels"), Attribute(info.Integer("points"u8), "points"));
        return heads * levels * points <= DeformableSampling.MaxSamples
            ? new SamplingSize((int)heads, (int)levels, (int)points)
            : throw new ArgumentException($"MSDeformAttn: heads x levels x points is {heads * levels * points}; allowed are 1 to {DeformableSampling.MaxSamples}.");
    }

    private static long Attribute(long value, string what) => value is >= 1 and <= DeformableSampling.MaxSamples
        ? value
        : throw new ArgumentException($"MSDeformAttn: attribute {what} is {value}; allowed are 1 to {DeformableSampling.MaxSamples}.");
}
