using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Inference.Tests.Engine;

public sealed class StemCacheTests
{
    private const int Floats = 250;

    private readonly StemCache _sut = new(2 * Floats * sizeof(float));

    [Fact]
    public void TryTake_Kept_IsAShareThatOutlivesTheCache()
    {
        using (var stem = Stem())
        {
            _sut.Add(Key("a"), stem);
        }

        Assert.Equal(Floats * sizeof(float), _sut.Bytes);
        using var taken = _sut.TryTake(Key("a"))!;
        _sut.Drop(Key("a").Sessions);

        Assert.Equal(0, _sut.Bytes);
        Assert.Equal(1, taken.Pooled.GetTensorDataAsSpan<float>()[0]);
        Assert.Null(_sut.TryTake(Key("a")));
    }

    [Fact]
    public void Add_OverTheLimit_TheOneUsedLongestAgoGoes()
    {
        Add("a");
        Add("b");
        _sut.TryTake(Key("a"))!.Dispose();
        Add("c");

        Assert.Equal([true, false, true], new[] { "a", "b", "c" }.Select(Has));
        Assert.Equal(2 * Floats * sizeof(float), _sut.Bytes);
    }

    [Fact]
    public void Add_AnotherInputOfTheImage_IsAnother()
    {
        Add("a");

        Assert.Null(_sut.TryTake(Key("a") with { Input = new InputSize(64, 96) }));
    }

    [Fact]
    public void Add_LargerThanTheLimit_IsNotKept()
    {
        Add("a");
        using (var large = Stem(3 * Floats))
        {
            _sut.Add(Key("large"), large);
        }

        Assert.Equal([true, false], new[] { "a", "large" }.Select(Has));
    }

    [Fact]
    public void Add_Twice_IsKeptOnce()
    {
        Add("a");
        Add("a");

        Assert.Equal(Floats * sizeof(float), _sut.Bytes);
    }

    [Fact]
    public void HashOf_DependsOnEveryByte() => Assert.NotEqual(StemCache.HashOf(new byte[] { 1, 2 }), StemCache.HashOf(new byte[] { 1, 3 }));

    private static StemKey Key(string image) => new(null!, new InputSize(64, 64), image);

    private static StemOutputs Stem(int floats = Floats)
    {
        var value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float, [1, floats]);
        value.GetTensorMutableDataAsSpan<float>().Fill(1);
        return new StemOutputs([new StemTensor(GraphTensors.Pooled, value, HasBatch: true)], 64, 64);
    }

    private void Add(string image)
    {
        using var stem = Stem();
        _sut.Add(Key(image), stem);
    }

    private bool Has(string image)
    {
        using var stem = _sut.TryTake(Key(image));
        return stem is not null;
    }
}
