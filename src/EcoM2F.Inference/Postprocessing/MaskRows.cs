using System.Numerics.Tensors;
using EcoM2F.Inference.Memory;

namespace EcoM2F.Inference.Postprocessing;

/// <summary>Thresholds rows of logits and gathers the mean probability inside. Owns a rented buffer.</summary>
internal sealed class MaskRows(int width, float maskThreshold) : IDisposable
{
    /// <summary>Guards the mean of an empty mask, as both originals do.</summary>
    private const double Epsilon = 1e-6;

    private readonly int[] _mask = ImageArrays<int>.Pool.Rent(width);
    private double _sum;
    private long _count;

    /// <summary>On logits.</summary>
    public float Threshold { get; } = RowKernels.Logit(maskThreshold);

    /// <summary>Of the last row: 1 inside, 0 outside. [width]</summary>
    public ReadOnlySpan<int> Mask => _mask.AsSpan(0, width);

    /// <summary>Another mask begins.</summary>
    public void Begin() => (_sum, _count) = (0, 0);

    /// <summary>A row that is outside of the mask but for a stretch.</summary>
    /// <param name="logits">Of the stretch; overwritten.</param>
    /// <param name="left">Where it begins.</param>
    public void Apply(Span<float> logits, int left)
    {
        var stretch = _mask.AsSpan(left, logits.Length);
        _mask.AsSpan(0, left).Clear();
        _mask.AsSpan(left + logits.Length, width - left - logits.Length).Clear();
        var inside = RowKernels.Threshold(logits, Threshold, stretch);
        if (inside > 0)
        {
            TensorPrimitives.Sigmoid(logits, logits);
            _sum += RowKernels.SumInside(logits, stretch);
            _count += inside;
        }
    }

    public double MeanProbability() => _sum / (_count + Epsilon);

    public void Dispose() => ImageArrays<int>.Pool.Return(_mask);
}
