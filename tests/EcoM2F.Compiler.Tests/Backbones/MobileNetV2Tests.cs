using EcoM2F.Compiler.Backbones.MobileNetV2;

namespace EcoM2F.Compiler.Tests.Backbones;

public sealed class MobileNetV2Tests
{
    /// <summary>What the stem gives lies within ReLU6's range already, so an expansion by the identity changes nothing.</summary>
    [Fact]
    public void Build_FirstBlockWithAnExpansion_RunsIt()
    {
        using var plain = Create(identity: false);
        using var sut = Create(identity: true);
        var pixels = NamedTensor.Random(new Random(1), 1f, 2, 3, 64, 96);
        var (expected, maps) = (plain.Run(pixels), sut.Run(pixels));

        Assert.Contains(sut.Graph.Graph.Initializer, static weight => weight.Name.EndsWith("blocks.0.expand.weight", StringComparison.Ordinal));
        for (var i = 0; i < 4; i++)
        {
            TensorAssert.Close(expected[i], maps[i], 1e-4f, $"map {i}");
        }
    }

    private static BackboneModel Create(bool identity) => BackboneModel.MobileNetV2(
        new MobileNetV2Config { Channels = [6, 8, 10, 12], Outputs = [1, 2, 3, 4], Halving = [1, 2, 3, 4] }, identity);
}
