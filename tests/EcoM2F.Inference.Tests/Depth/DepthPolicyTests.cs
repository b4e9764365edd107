using EcoM2F.Inference.Depth;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Models;
using EcoM2F.TestSupport;

namespace EcoM2F.Inference.Tests.Depth;

public sealed class DepthPolicyTests
{
    // 1 GMAC a layer, 2 around them: depth k costs 2 + k
    private static readonly ModelManifest Model = TestManifest.Create() with { Costs = [new ModelCost(320, 448, 1, 1, 1)] };

    [Fact]
    public void Decide_ClassifierScores_TakesTheirArgmax() =>
        Assert.Equal(new DepthDecision(3, DepthReason.Gate, "balanced", 0.3), Decide(ComputeBudget.None, "balanced", [0, 1, 2, 1, 0, 0]));

    [Fact]
    public void Decide_TiedScores_PicksShallowest() =>
        Assert.Equal(2, Decide(ComputeBudget.None, "balanced", [0, 5, 1, 5, 5, 5]).Depth);

    [Theory]
    [InlineData(0, 4)] // quality alone
    [InlineData(1, 2)] // 27 - 1 < 30 - 2 > 30.5 - 3
    [InlineData(100, 1)]
    public void Decide_Beta_PricesQualityInPoints(double beta, int expected)
    {
        var decision = Decide(new ComputeBudget { Beta = beta }, "utility", [0.27f, 0.30f, 0.305f, 0.31f, 0.30f, 0.30f]);

        Assert.Equal(new DepthDecision(expected, DepthReason.Gate, null, beta), decision);
    }

    [Fact]
    public void Decide_Forced_IgnoresGate() =>
        Assert.Equal(new DepthDecision(5, DepthReason.Forced), Decide(new ComputeBudget { Depth = 5 }, null, []));

    [Fact]
    public void Decide_NoGate_RunsDeepestExit() =>
        Assert.Equal(new DepthDecision(6, DepthReason.Default), Decide(ComputeBudget.None, null, []));

    [Fact]
    public void Decide_MinDepthAboveChoice_RaisesDepth() =>
        Assert.Equal((4, DepthReason.MinDepth), Pick(Decide(new ComputeBudget { MinDepth = 4 }, "balanced", [9, 0, 0, 0, 0, 0])));

    [Fact]
    public void Decide_MaxDepthUnderChoice_LowersDepth() =>
        Assert.Equal((2, DepthReason.MaxDepth), Pick(Decide(new ComputeBudget { MaxDepth = 2 }, "balanced", [0, 0, 0, 0, 0, 9])));

    [Fact]
    public void Decide_MaxDepthAboveChoice_LeavesGatesReason() =>
        Assert.Equal((1, DepthReason.Gate), Pick(Decide(new ComputeBudget { MaxDepth = 2 }, "balanced", [9, 0, 0, 0, 0, 0])));

    [Fact]
    public void Decide_MaxGmacs_TakesDeepestThatFits() =>
        Assert.Equal((3, DepthReason.MaxGmacs), Pick(Decide(new ComputeBudget { MaxGmacs = 5.5 }, "balanced", [0, 0, 0, 0, 0, 9])));

    [Fact]
    public void Decide_OperatorCap_HoldsEvenForForcedDepth() =>
        Assert.Equal((2, DepthReason.Operator), Pick(Decide(new ComputeBudget { Depth = 6 }, null, [], caps: new BudgetOptions { MaxDepth = 2 })));

    [Fact]
    public void Decide_OperatorGmacsBelowEveryExit_RunsShallowest() =>
        Assert.Equal((1, DepthReason.Operator), Pick(Decide(ComputeBudget.None, "balanced", [0, 0, 0, 0, 0, 9], caps: new BudgetOptions { MaxGmacs = 0.1 })));

    [Fact]
    public void Decide_DeadlineFitsShallower_LowersDepth() =>
        Assert.Equal((3, DepthReason.Deadline), Pick(Decide(ComputeBudget.None, "balanced", [0, 0, 0, 0, 0, 9], fits: depth => depth <= 3)));

    [Fact]
    public void Decide_DeadlineFitsNothingAllowed_Throws()
    {
        var error = Assert.Throws<SegmentationException>(() =>
            Decide(new ComputeBudget { MinDepth = 4 }, "balanced", [0, 0, 0, 0, 0, 9], fits: depth => depth <= 3));

        Assert.Equal(SegmentationError.DeadlineExceeded, error.Error);
    }

    [Theory]
    [InlineData("profile", "swift")]
    [InlineData("profile", "utility")]
    public void SelectGate_UnknownProfile_NamesWhatThereIs(string key, string profile)
    {
        var error = Assert.Throws<SegmentationException>(() => Create(Model).SelectGate(new ComputeBudget { Profile = profile }));

        Assert.Equal((SegmentationError.BadBudget, key), (error.Error, error.Field));
        Assert.Contains("balanced, best, fast", error.Message, StringComparison.Ordinal);
        Assert.Equal(profile == "utility", error.Message.Contains("beta", StringComparison.Ordinal));
    }

    [Fact]
    public void SelectGate_BetaWithoutUtilityGate_IsRefused()
    {
        var profiles = Model.Gates!.Profiles.Where(static p => p.Key != "utility").ToDictionary();
        var sut = Create(Model with { Gates = Model.Gates with { Profiles = profiles } });

        Assert.Equal("beta", Assert.Throws<SegmentationException>(() => sut.SelectGate(new ComputeBudget { Beta = 1 })).Field);
    }

    [Fact]
    public void SelectGate_DepthThatIsNoExit_NamesExits()
    {
        var error = Assert.Throws<SegmentationException>(() => Create(Model).SelectGate(new ComputeBudget { Depth = 9 }));

        Assert.Equal("depth", error.Field);
        Assert.Contains("1, 2, 3, 4, 5, 6", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ShallowestAllowed_NoExitFitsGmacs_NamesSmallestValue()
    {
        var error = Assert.Throws<SegmentationException>(() => Create(Model).ShallowestAllowed(new ComputeBudget { MaxGmacs = 1 }, 320, 448));

        Assert.Equal("max-gmacs", error.Field);
        Assert.Contains("smallest possible value is 3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DeepestAllowed_Budget_IsTheTightestBound()
    {
        Assert.Equal(6, Create(Model).DeepestAllowed(ComputeBudget.None, 320, 448));
        Assert.Equal(4, Create(Model).DeepestAllowed(new ComputeBudget { MaxDepth = 4 }, 320, 448));
        Assert.Equal(2, Create(Model).DeepestAllowed(new ComputeBudget { MaxGmacs = 4.5 }, 320, 448));
        Assert.Equal(1, Create(Model, new BudgetOptions { MaxDepth = 1 }).DeepestAllowed(new ComputeBudget { Depth = 5 }, 320, 448));
    }

    private static DepthDecision Decide(ComputeBudget budget, string? gate, float[] scores, BudgetOptions? caps = null, Func<int, bool>? fits = null) =>
        Create(Model, caps).Decide(budget, gate, scores, 320, 448, fits);

    private static (int, DepthReason) Pick(DepthDecision decision) => (decision.Depth, decision.Reason);

    private static DepthPolicy Create(ModelManifest model, BudgetOptions? caps = null) =>
        new(model, new CostTable(model.Costs), caps ?? new BudgetOptions());
}
