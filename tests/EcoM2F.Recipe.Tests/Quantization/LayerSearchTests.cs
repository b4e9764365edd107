using EcoM2F.Recipe.Quantization;

namespace EcoM2F.Recipe.Tests.Quantization;

/// <summary>Losses that add up, by layer: the search sees nothing else.</summary>
public sealed class LayerSearchTests
{
    private readonly Dictionary<string, double> _loss = new(StringComparer.Ordinal);
    private int _measurements;

    [Fact]
    public async Task Run_AllWithinTheLoss_KeepsEverything()
    {
        var result = await RunAsync(0.5, ("a", [0.1, 0.1]), ("b", [0, 0.2]));

        Assert.Equal(["a0", "a1", "b0", "b1"], result.Kept.SelectMany(static part => part.Layers));
        Assert.Empty(result.Dropped);
        Assert.Equal(0.4, result.Loss, 9);
        Assert.Equal(3, _measurements);
    }

    [Fact]
    public async Task Run_OneBadLayer_GoesWithItsHalvesOnly()
    {
        var result = await RunAsync(0.5, ("a", [0, 0, 0, 0, 0, 9, 0, 0]), ("b", [0.1, 0.1]));

        Assert.Equal(["a4", "a5", "a6", "a7"], result.Dropped.SelectMany(static part => part.Layers));
        Assert.Equal(["a0", "a1", "a2", "a3", "b0", "b1"], result.Kept.SelectMany(static part => part.Layers));
        Assert.Equal(0.2, result.Loss, 9);
        Assert.Equal(9, result.Alone[0].Loss, 9);
    }

    [Fact]
    public async Task Run_SmallWorstGroup_GoesWhole()
    {
        var result = await RunAsync(0.5, ("a", [2, 0, 0]), ("b", [0.1]));

        Assert.Equal(["b0"], result.Kept.SelectMany(static part => part.Layers));
        Assert.Equal(["a0", "a1", "a2"], result.Dropped.SelectMany(static part => part.Layers));
    }

    /// <summary>Alone each is within the loss, together they are not.</summary>
    [Fact]
    public async Task Run_SumTooLarge_DropsUntilItIsNot()
    {
        var result = await RunAsync(0.5, ("a", [0.4]), ("b", [0.3]), ("c", [0.2]));

        Assert.Equal(["b0", "c0"], result.Kept.SelectMany(static part => part.Layers));
        Assert.Equal(0.5, result.Loss, 9);
    }

    [Fact]
    public async Task Run_NothingWithinTheLoss_KeepsNothing()
    {
        var result = await RunAsync(0.5, ("a", [1, 1, 1, 1]), ("b", [3]));

        Assert.Empty(result.Kept);
        Assert.True(double.IsNaN(result.Loss));
        Assert.Equal(5, result.Dropped.Sum(static part => part.Layers.Count));
    }

    [Fact]
    public void Loss_IsTheMeanOfTheExitsBelowTheDeepest()
    {
        Assert.Equal(1.5, new PrecisionAgreement([0.7, 0.8, 1], [0.68, 0.79, 0.6]).Loss, 9);
        Assert.Equal(-1, new PrecisionAgreement([0.7, 1], [0.71, 0.9]).Loss, 9);
        Assert.Equal(10, new PrecisionAgreement([1], [0.9]).Loss, 9);
    }

    private Task<SearchResult> RunAsync(double maxLoss, params (string Group, double[] Losses)[] groups)
    {
        foreach (var (group, losses) in groups)
        {
            for (var i = 0; i < losses.Length; i++)
            {
                _loss[$"{group}{i}"] = losses[i];
            }
        }

        var search = new LayerSearch(layers =>
        {
            _measurements++;
            Assert.NotEmpty(layers);
            return Task.FromResult(layers.Sum(layer => _loss[layer]));
        });
        return search.RunAsync([.. groups.Select(static group => (group.Group, (IReadOnlyList<string>)[.. group.Losses.Select((_, i) => $"{group.Group}{i}")]))], maxLoss);
    }
}
