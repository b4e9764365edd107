using EcoM2F.Compiler.Backbones.ResNet;
using EcoM2F.Compiler.Backbones.Swin;
using EcoM2F.Compiler.Costs;
using EcoM2F.Compiler.Tests.Backbones;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler.Tests.Costs;

/// <summary>The count from the graph against what ONNX Runtime reports to have run, and against counting by hand.</summary>
public sealed class BackboneCostTests
{
    private static SwinConfig Swin { get; } = new()
    {
        EmbedDim = 8,
        Depths = [2, 1, 1, 2],
        Heads = [1, 2, 2, 4],
        WindowSize = 5,
        MlpRatio = 2,
        QkvBias = true,
        LayerNormEpsilon = 1e-5f,
    };

    [Theory]
    [InlineData(96, 64)]
    [InlineData(32, 160)]
    [InlineData(44, 36)]
    public void Count_Swin_EqualsWhatTheRuntimeRan(int height, int width)
    {
        using var model = BackboneModel.Swin(Swin);
        AssertCounts(model, height, width);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Count_ResNet_EqualsWhatTheRuntimeRan(bool bottleneck)
    {
        var config = new ResNetConfig { EmbeddingSize = 8, HiddenSizes = [8, 12, 16, 24], Depths = [1, 1, 2, 1], Bottleneck = bottleneck };
        using var model = BackboneModel.ResNet(config, timm: false);
        AssertCounts(model, 96, 64);
        AssertCounts(model, 45, 39);
    }

    [Fact]
    public void Count_Swin_AgreesWithThePapersFormula()
    {
        // 80x80 pixels and windows of 5: maps of 20x20, 10x10, 5x5 are whole windows, 3x3 is padded to one
        using var model = BackboneModel.Swin(Swin);
        long[] tokens = [400, 100, 25, 9];
        long[] padded = [400, 100, 25, 25];
        long count = tokens[0] * 8 * 3 * 16;
        for (var stage = 0; stage < 4; stage++)
        {
            long width = Swin.Channels[stage];
            var projections = ((tokens[stage] + 1) * 3 * width * width) + (tokens[stage] * width * width); // one row of zeros more
            var attention = 2 * padded[stage] * 25 * width;
            count += Swin.Depths[stage] * (projections + attention + (tokens[stage] * 4 * width * width));
            count += stage < 3 ? tokens[stage + 1] * 8 * width * width : 0;
        }

        Assert.Equal(count, MultiplyAdds.Count(model.Graph, Inputs(80, 80)));
    }

    private static void AssertCounts(BackboneModel model, int height, int width)
    {
        var pixels = NamedTensor.Random(new Random(1), 1f, 1, 3, height, width);
        var ran = ProfiledMultiplyAdds.Count(model.Folder, BackboneModel.FileName, new() { [GraphTensors.PixelValues] = pixels });
        Assert.True(ran > 0);
        Assert.Equal(ran, MultiplyAdds.Count(model.Graph, Inputs(height, width)));
    }

    private static Dictionary<string, KnownTensor> Inputs(int height, int width) => new() { [GraphTensors.PixelValues] = new KnownTensor([1, 3, height, width]) };
}
