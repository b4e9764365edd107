using EcoM2F.Compiler.Backbones.ResNet;
using EcoM2F.Compiler.Tests.Reference;

namespace EcoM2F.Compiler.Tests.Backbones;

public sealed class ResNetTests
{
    /// <summary>fp32 against double, relative to the largest value of a map, for nothing normalises them at the end.</summary>
    private const float Tolerance = 1e-5f;

    private static ResNetConfig Tiny { get; } = new()
    {
        EmbeddingSize = 8,
        HiddenSizes = [8, 12, 16, 24],
        Depths = [1, 2, 1, 2],
        Bottleneck = true,
    };

    [Theory]
    [InlineData(true, false, false, false)]
    [InlineData(true, true, false, false)]
    [InlineData(true, false, true, true)]
    [InlineData(true, true, true, false)]
    [InlineData(false, false, false, false)]
    [InlineData(false, false, true, true)]
    public void Build_EveryKind_EqualsNaiveReference(bool bottleneck, bool inBottleneck, bool inFirstStage, bool timm)
    {
        var config = Tiny with { Bottleneck = bottleneck, DownsampleInBottleneck = inBottleneck, DownsampleInFirstStage = inFirstStage };
        using var sut = BackboneModel.ResNet(config, timm);
        Check(sut, config, timm, 96, 64);
        Check(sut, config, timm, 32, 160);
        Check(sut, config, timm, 45, 39);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Build_DilatedLastStage_EqualsNaiveReference(bool bottleneck)
    {
        var config = Tiny with { Bottleneck = bottleneck, Depths = [1, 1, 1, 3], DilateLastStage = true };
        using var sut = BackboneModel.ResNet(config, timm: true);
        Check(sut, config, timm: true, 96, 64);
        Assert.Equal([1, 24, 6, 4], sut.Run(NamedTensor.Random(new Random(1), 1f, 1, 3, 96, 64))[3].Shape); // stride 16
    }

    [Fact]
    public void Build_Batch_EqualsSingles()
    {
        using var sut = BackboneModel.ResNet(Tiny, timm: false);
        var pixels = NamedTensor.Random(new Random(5), 1f, 2, 3, 64, 96);
        var maps = sut.Run(pixels);
        for (var i = 0; i < 4; i++)
        {
            TensorAssert.Close(sut.Run(pixels.Row(1))[i], maps[i].Row(1), 5e-5f, $"map {i}");
        }
    }

    [Fact]
    public void Named_KnownNames_HaveTheirDepths()
    {
        Assert.Equal([3, 4, 23, 3], ResNetConfig.Named("resnet101")!.Depths);
        Assert.Equal([64, 128, 256, 512], ResNetConfig.Named("resnet34")!.HiddenSizes);
        Assert.Null(ResNetConfig.Named("resnext50"));
    }

    private static void Check(BackboneModel sut, ResNetConfig config, bool timm, int height, int width)
    {
        var pixels = NamedTensor.Random(new Random(3), 2f, 1, 3, height, width);
        var expected = new NaiveResNet(sut.Checkpoint, config, new ResNetKeys(RandomBackbone.Prefix, timm)).Run(BackboneModel.Image(pixels));
        var actual = sut.Run(pixels);
        for (var i = 0; i < 4; i++)
        {
            var map = new NamedTensor([1, expected[i].Channels, expected[i].Height, expected[i].Width], [.. expected[i].Values.Select(v => (float)v)]);
            TensorAssert.Close(map, actual[i], Tolerance * map.Floats.Max(Math.Abs), $"map {i} at {height}x{width}");
        }
    }
}
