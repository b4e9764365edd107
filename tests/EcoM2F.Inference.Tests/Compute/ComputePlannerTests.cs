using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Models;
using EcoM2F.TestSupport;

namespace EcoM2F.Inference.Tests.Compute;

public sealed class ComputePlannerTests
{
    private static readonly InputSize Input = new(320, 448);
    private static readonly ImageInputs Inputs = new(320, new Dictionary<int, InputSize> { [320] = Input });

    // 1 GMAC a layer, 2 around them: depth k costs 2 + k
    private static readonly ModelManifest Model = TestManifest.Create() with { Costs = [new ModelCost(320, 448, 1, 1, 1)] };

    [Fact]
    public void Choose_ClassifierScores_TakesTheirArgmax() =>
        Assert.Equal(new ComputeDecision(At(3), ComputeReason.Gate, "balanced", 0.3), Decide(ComputeBudget.None, "balanced", [0, 1, 2, 1, 0, 0]));

    [Fact]
    public void Choose_TiedScores_PicksShallowest() =>
        Assert.Equal(2, Decide(ComputeBudget.None, "balanced", [0, 5, 1, 5, 5, 5]).Point.Depth);

    [Theory]
    [InlineData(0, 4)] // quality alone
    [InlineData(1, 2)] // 27 - 1 < 30 - 2 > 30.5 - 3
    [InlineData(100, 1)]
    public void Choose_Beta_PricesQualityInPoints(double beta, int expected)
    {
        var decision = Decide(new ComputeBudget { Beta = beta }, "utility", [0.27f, 0.30f, 0.305f, 0.31f, 0.30f, 0.30f]);

        Assert.Equal(new ComputeDecision(At(expected), ComputeReason.Gate, null, beta), decision);
    }

    [Fact]
    public void Choose_Forced_IgnoresGate() =>
        Assert.Equal(new ComputeDecision(At(5), ComputeReason.Forced), Decide(new ComputeBudget { Depth = 5 }, null, []));

    [Fact]
    public void Choose_NoGate_RunsDeepestExit() =>
        Assert.Equal(new ComputeDecision(At(6), ComputeReason.Default), Decide(ComputeBudget.None, null, []));

    [Fact]
    public void Choose_MinDepthAboveChoice_RaisesDepth() =>
        Assert.Equal((4, ComputeReason.MinDepth), Pick(Decide(new ComputeBudget { MinDepth = 4 }, "balanced", [9, 0, 0, 0, 0, 0])));

    [Fact]
    public void Choose_MaxDepthUnderChoice_LowersDepth() =>
        Assert.Equal((2, ComputeReason.MaxDepth), Pick(Decide(new ComputeBudget { MaxDepth = 2 }, "balanced", [0, 0, 0, 0, 0, 9])));

    [Fact]
    public void Choose_MaxDepthAboveChoice_LeavesGatesReason() =>
        Assert.Equal((1, ComputeReason.Gate), Pick(Decide(new ComputeBudget { MaxDepth = 2 }, "balanced", [9, 0, 0, 0, 0, 0])));

    [Fact]
    public void Choose_MaxGmacs_TakesDeepestThatFits() =>
        Assert.Equal((3, ComputeReason.MaxGmacs), Pick(Decide(new ComputeBudget { MaxGmacs = 5.5 }, "balanced", [0, 0, 0, 0, 0, 9])));

    [Fact]
    public void Choose_OperatorCap_HoldsEvenForForcedDepth() =>
        Assert.Equal((2, ComputeReason.Operator), Pick(Decide(new ComputeBudget { Depth = 6 }, null, [], caps: new BudgetOptions { MaxDepth = 2 })));

    [Fact]
    public void Choose_OperatorGmacsBelowEveryExit_RunsShallowest() =>
        Assert.Equal((1, ComputeReason.Operator), Pick(Decide(ComputeBudget.None, "balanced", [0, 0, 0, 0, 0, 9], caps: new BudgetOptions { MaxGmacs = 0.1 })));

    [Fact]
    public void Choose_DeadlineFitsShallower_LowersDepth() =>
        Assert.Equal((3, ComputeReason.Deadline), Pick(Decide(ComputeBudget.None, "balanced", [0, 0, 0, 0, 0, 9], fits: depth => depth <= 3)));

    [Fact]
    public void Choose_DeadlineFitsNothingAllowed_Throws()
    {
        var error = Assert.Throws<SegmentationException>(() =>
            Decide(new ComputeBudget { MinDepth = 4 }, "balanced", [0, 0, 0, 0, 0, 9], fits: depth => depth <= 3));

        Assert.Equal(SegmentationError.DeadlineExceeded, error.Error);
    }

    [Theory]
    [InlineData("profile", "swift")]
    [InlineData("profile", "utility")]
    public void ModelBudget_UnknownProfile_NamesWhatThereIs(string key, string profile)
    {
        var error = Assert.Throws<SegmentationException>(() => ModelBudget.For(new ComputeBudget { Profile = profile }, Model));

        Assert.Equal((SegmentationError.BadBudget, key), (error.Error, error.Field));
        Assert.Contains("balanced, best, fast", error.Message, StringComparison.Ordinal);
        Assert.Equal(profile == "utility", error.Message.Contains("beta", StringComparison.Ordinal));
    }

    [Fact]
    public void ModelBudget_BetaWithoutUtilityGate_IsRefused()
    {
        var profiles = Model.Gates!.Profiles.Where(static p => p.Key != "utility").ToDictionary();
        var model = Model with { Gates = Model.Gates with { Profiles = profiles } };

        Assert.Equal("beta", Assert.Throws<SegmentationException>(() => ModelBudget.For(new ComputeBudget { Beta = 1 }, model)).Field);
    }

    [Fact]
    public void ModelBudget_DepthThatIsNoExit_NamesExits()
    {
        var error = Assert.Throws<SegmentationException>(() => ModelBudget.For(new ComputeBudget { Depth = 9 }, Model));

        Assert.Equal("depth", error.Field);
        Assert.Contains("1, 2, 3, 4, 5, 6", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Allow_NoExitFitsGmacs_NamesSmallestValue()
    {
        var error = Assert.Throws<SegmentationException>(() => Allow(new ComputeBudget { MaxGmacs = 1 }));

        Assert.Equal("max-gmacs", error.Field);
        Assert.Contains(" 3.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Allow_Budget_DearestIsTheTightestBound()
    {
        Assert.Equal(6, Allow(ComputeBudget.None).Dearest.Depth);
        Assert.Equal(4, Allow(new ComputeBudget { MaxDepth = 4 }).Dearest.Depth);
        Assert.Equal(2, Allow(new ComputeBudget { MaxGmacs = 4.5 }).Dearest.Depth);
        Assert.Equal(1, Allow(new ComputeBudget { Depth = 5 }, new BudgetOptions { MaxDepth = 1 }).Dearest.Depth);
    }

    [Fact]
    public void Allow_Budget_CheapestIsTheShallowestAllowed()
    {
        Assert.Equal(1, Allow(ComputeBudget.None).Cheapest.Depth);
        Assert.Equal(3, Allow(new ComputeBudget { MinDepth = 3 }).Cheapest.Depth);
        Assert.Equal(2, Allow(new ComputeBudget { MinDepth = 4 }, new BudgetOptions { MaxDepth = 2 }).Cheapest.Depth);
    }

    [Fact]
    public void Allow_DeadlineOutOfReach_IsRefusedUnlessATrialIsAdmitted()
    {
        var time = new RemainingTime(TimeSpan.FromMilliseconds(5), static _ => TimeSpan.FromMilliseconds(6), static () => false);

        var error = Assert.Throws<SegmentationException>(() => Allow(ComputeBudget.None, time: time));
        var trial = Allow(ComputeBudget.None, time: time with { TryAdmitTrial = static () => true });

        Assert.Equal((SegmentationError.DeadlineExceeded, "deadline-ms"), (error.Error, error.Field));
        Assert.True(trial.IsTrial);
        Assert.Equal([At(1)], trial.Points);
        Assert.Equal((1, ComputeReason.Deadline), Pick(Create().Choose(trial, [0, 0, 0, 0, 0, 9], time)));
    }

    private static ComputeDecision Decide(ComputeBudget budget, string? gate, float[] scores, BudgetOptions? caps = null, Func<int, bool>? fits = null)
    {
        var planner = Create(caps);
        var time = fits is null
            ? RemainingTime.Unlimited
            : new RemainingTime(TimeSpan.FromSeconds(1), point => fits(point.Depth) ? TimeSpan.Zero : TimeSpan.FromSeconds(2), static () => false);
        return planner.Choose(planner.Allow(new ModelBudget(budget, gate), Inputs, RemainingTime.Unlimited), scores, time);
    }

    private static AllowedPoints Allow(ComputeBudget budget, BudgetOptions? caps = null, RemainingTime? time = null) =>
        Create(caps).Allow(new ModelBudget(budget, Model.Gates!.Default), Inputs, time ?? RemainingTime.Unlimited);

    private static (int, ComputeReason) Pick(ComputeDecision decision) => (decision.Point.Depth, decision.Reason);

    private static ComputePoint At(int depth) => new(320, Input, depth);

    private static ComputePlanner Create(BudgetOptions? caps = null) => new(Model, new CostTable(Model.Costs), caps ?? new BudgetOptions());
}
