using System.Runtime.InteropServices;
using EcoM2F.Compiler.Quantization;

namespace EcoM2F.Compiler.Tests.Quantization;

public sealed class Int8WeightsTests
{
    private static readonly float[] Matrix = [1, -4, 0, 2, 8, 0, -3, 0.5f, 0]; // [3 inputs, 3 outputs]

    [Fact]
    public void Columns_EachHasAScaleOfItsOwn_AndComesBackWithinHalfAStep()
    {
        var scales = Int8Weights.ScalesOfColumns(Matrix, 3);
        var bytes = MemoryMarshal.Cast<byte, sbyte>(Int8Weights.Columns(Matrix, 3)).ToArray();

        Assert.Equal([3f / 64, 8f / 64, 1], scales);
        Assert.All(Matrix.Select((value, i) => (value, i)), pair => Assert.InRange(Math.Abs((bytes[pair.i] * scales[pair.i % 3]) - pair.value), 0, scales[pair.i % 3] / 2));
    }

    [Fact]
    public void Rows_AreTheColumnsOfTheTransposedMatrix()
    {
        var transposed = Enumerable.Range(0, 9).Select(i => Matrix[(i % 3 * 3) + (i / 3)]).ToArray();

        Assert.Equal(Int8Weights.ScalesOfColumns(Matrix, 3), Int8Weights.ScalesOfRows(transposed, 3));
        var rows = RoundedKernels.Of(transposed, Int8Weights.ScalesOfRows(transposed, 3), moments: null).Weights;
        Assert.Equal(MemoryMarshal.Cast<byte, sbyte>(Int8Weights.Columns(Matrix, 3)).ToArray(), Enumerable.Range(0, 9).Select(i => rows[(i % 3 * 3) + (i / 3)]));
    }

    /// <summary>Two products of a byte of activations with a weight must fit into 16 bits.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(-1e-30f)]
    [InlineData(3e38f)]
    public void Bytes_AnyWeights_NeverOverflowAPairOfProducts(float weight)
    {
        var bytes = MemoryMarshal.Cast<byte, sbyte>(Int8Weights.Columns([weight, -weight], 1)).ToArray();

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
