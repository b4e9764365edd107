using System.Runtime.InteropServices;
using EcoM2F.Compiler.Quantization;

namespace EcoM2F.Compiler.Tests.Quantization;

public sealed class Int8WeightsTests
{
    private static readonly float[] Weights = [1, 2, -3, -4, 8, 0.5f, 0, 0, 0]; // [3 outputs, 3 inputs]

    [Fact]
    public void Scales_EachOutputHasItsOwn_AndComesBackWithinHalfAStep()
    {
        var rounded = RoundedWeights.Of(Weights, 3, moments: null);

        Assert.Equal([3f / 64, 8f / 64, 1], rounded.Scales);
        Assert.All(Weights.Select((value, i) => (value, i)), pair => Assert.InRange(Math.Abs((rounded.Bytes[pair.i] * rounded.Scales[pair.i / 3]) - pair.value), 0, rounded.Scales[pair.i / 3] / 2));
    }

    [Fact]
    public void Transpose_RowsBecomeColumns() => Assert.Equal([1, 4, 2, 5, 3, 6], Int8Weights.Transpose<int>([1, 2, 3, 4, 5, 6], columns: 3));

    /// <summary>Two products of a byte of activations with a weight must fit into 16 bits.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(-1e-30f)]
    [InlineData(3e38f)]
    public void Bytes_AnyWeights_NeverOverflowAPairOfProducts(float weight)
    {
        var bytes = RoundedWeights.Of(new[] { weight, -weight }, 1, moments: null).Bytes;

        Assert.All(bytes, static value => Assert.InRange(2 * 255 * value, short.MinValue, short.MaxValue));
        Assert.Equal(Int8Weights.Largest, bytes.Max());
    }

    [Fact]
    public void Bias_IsInUnitsOfItsProducts()
    {
        var values = MemoryMarshal.Cast<byte, int>(Int8Weights.Bias([1, -1, float.MaxValue], [0.5f, 0.25f, 1e-9f], 0.1f)).ToArray();

        Assert.Equal([20, -40, int.MaxValue], values);
    }

    [Theory]
    [InlineData(-1, 3, 64)]
    [InlineData(2, 6, 0)]
    [InlineData(-5, -1, 255)]
    [InlineData(0, 0, 0)]
    public void Range_HoldsZeroExactly(float low, float high, byte zero)
    {
        var range = ActivationRange.Of(low, high);

        Assert.Equal(zero, range.ZeroPoint);
        Assert.True(range is { Low: <= 0, High: >= 0, Scale: > 0 });
    }
}
