using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Tests.Compute;

public sealed class CostTableTests
{
    [Fact]
    public void At_ListedSize_GivesItsEntry()
    {
        var entry = new ModelCost(320, 448, 1.5, 0.25, 2);
        var sut = new CostTable([new ModelCost(320, 320, 1, 0.2, 1.5), entry]);

        Assert.Equal(entry, sut.At(new InputSize(320, 448)));
    }

    [Fact]
    public void At_SizeBetween_InterpolatesOverPixels()
    {
        var sut = new CostTable([new ModelCost(100, 100, 1, 0.1, 3), new ModelCost(100, 300, 3, 0.3, 5)]);

        var cost = sut.At(new InputSize(200, 100));

        Assert.Equal((2, 0.2, 4), (cost.Stem, cost.Layer, cost.Decoder));
        Assert.Equal(6.4, cost.At(2), 9);
    }

    /// <summary>An adapter counts at its exit, and between sizes as the rest does.</summary>
    [Fact]
    public void At_ExitWithAdapter_CountsIt()
    {
        var sut = new CostTable([
            new ModelCost(100, 100, 1, 0.1, 3) { Adapters = new Dictionary<int, double> { [2] = 0.01 } },
            new ModelCost(100, 300, 3, 0.3, 5) { Adapters = new Dictionary<int, double> { [2] = 0.03 } },
        ]);

        Assert.Equal(6.2, sut.Gmacs(new ComputePoint(100, new InputSize(200, 100), 1)), 9);
        Assert.Equal(6.42, sut.Gmacs(new ComputePoint(100, new InputSize(200, 100), 2)), 9);
        Assert.Equal(6.6, sut.Gmacs(new ComputePoint(100, new InputSize(200, 100), 3)), 9);
    }

    [Fact]
    public void At_SizeBeyondTheLargest_Extrapolates()
    {
        var sut = new CostTable([new ModelCost(100, 100, 1, 0.1, 3), new ModelCost(100, 200, 2, 0.2, 4)]);

        Assert.Equal(4, sut.At(new InputSize(200, 200)).Stem, 9);
    }
}
