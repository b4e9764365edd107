using EcoM2F.Compiler.Backbones.Swin;
using EcoM2F.Compiler.Tests.Reference;

namespace EcoM2F.Compiler.Tests.Backbones;

public sealed class SwinTests
{
    /// <summary>fp32 against double through up to eight blocks; outputs are normalised, so values are of size 1 to 4.</summary>
    private const float Tolerance = 1e-4f;

    private static SwinConfig Tiny { get; } = new()
    {
        EmbedDim = 8,
        Depths = [2, 1, 2, 2],
        Heads = [1, 2, 2, 4],
        WindowSize = 7,
        MlpRatio = 2,
        QkvBias = true,
        LayerNormEpsilon = 1e-5f,
    };

    [Theory]
    [InlineData(7, 96, 160)]
    [InlineData(7, 32, 32)]   // the last map is one token, smaller than any window
    [InlineData(7, 32, 224)]  // seven windows side by side, without padding
    [InlineData(4, 64, 96)]   // windows that fit and that do not
    [InlineData(5, 96, 32)]
    [InlineData(1, 32, 64)]   // a window of one token cannot be shifted
    [InlineData(2, 64, 32)]
    [InlineData(12, 160, 96)] // Swin-B's and Swin-L's
    [InlineData(3, 36, 44)]   // odd maps: 9x11, 5x6, 3x3, 2x2
    [InlineData(7, 20, 4)]    // 5x1, 3x1, 2x1, 1x1
    public void Build_AnyWindowAndShape_EqualsNaiveReference(int window, int height, int width)
    {
        var config = Tiny with { WindowSize = window };
        using var sut = BackboneModel.Swin(config);
        Check(sut, config, height, width);
    }

    [Fact]
    public void Build_OneGraph_TakesEveryShape()
    {
        using var sut = BackboneModel.Swin(Tiny);
        Check(sut, Tiny, 32, 96);
        Check(sut, Tiny, 96, 32);
        Check(sut, Tiny, 160, 32);
        Check(sut, Tiny, 64, 64);
    }

    [Fact]
    public void Build_OtherSettings_EqualsNaiveReference()
    {
        var config = Tiny with { EmbedDim = 12, Heads = [3, 3, 6, 12], Depths = [1, 2, 3, 1], QkvBias = false, MlpRatio = 1.4, LayerNormEpsilon = 0.01f, WindowSize = 4 };
        using var sut = BackboneModel.Swin(config, seed: 2);
        Check(sut, config, 96, 64);
    }

    [Fact]
    public void Build_Batch_EqualsSingles()
    {
        using var sut = BackboneModel.Swin(Tiny);
        var pixels = NamedTensor.Random(new Random(5), 1f, 3, 3, 64, 96);
        var maps = sut.Run(pixels);
        for (var image = 0; image < 3; image++)
        {
            var alone = sut.Run(pixels.Row(image));
            for (var i = 0; i < 4; i++)
            {
                TensorAssert.Close(alone[i], maps[i].Row(image), 5e-5f, $"map {i} of image {image}");
            }
        }
    }

    private static void Check(BackboneModel sut, SwinConfig config, int height, int width)
    {
        var pixels = NamedTensor.Random(new Random(3), 2f, 1, 3, height, width);
        var expected = new NaiveSwin(sut.Checkpoint, config, RandomBackbone.Prefix).Run(BackboneModel.Image(pixels));
        var actual = sut.Run(pixels);
        for (var i = 0; i < 4; i++)
        {
            var map = new NamedTensor([1, expected[i].Channels, expected[i].Height, expected[i].Width], [.. expected[i].Values.Select(v => (float)v)]);
            TensorAssert.Close(map, actual[i], Tolerance, $"map {i} at {height}x{width}");
        }
    }
}
