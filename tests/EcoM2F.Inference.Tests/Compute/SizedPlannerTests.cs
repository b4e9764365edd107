using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Models;
using EcoM2F.TestSupport;

namespace EcoM2F.Inference.Tests.Compute;

/// <summary>The choice among sizes and depths of one square image. The own size is 320; a probe of 192 costs 1 GMAC.</summary>
public sealed class SizedPlannerTests
{
    private static readonly GatePoint[] Points = [new(192, 1), new(192, 3), new(256, 2), new(320, 2), new(320, 6), new(384, 6)];

    // depth k costs 2 + k/2 at 192, 4 + k at 256, 6 + 2k at 320, 8 + 3k at 384
    private static readonly ModelManifest Model = WithGate(new GateProfile(GateProfile.Classifier, "gate-balanced.onnx", 0.3, Points));

    [Fact]
    public void Choose_Classifier_TakesArgmaxOverItsPoints()
    {
        var allowed = Allow(Model, ComputeBudget.None);
        var decision = Create(Model).Choose(allowed, [0, 1, 2, 9, 3, 4], RemainingTime.Unlimited);

        Assert.Equal(("balanced", Square(192), true), (allowed.Gate, allowed.First, allowed.IsOpen));
        Assert.Equal(new ComputeDecision(At(320, 2), ComputeReason.Gate, "balanced", 0.3) { Probe = Square(192) }, decision);
    }

    [Fact]
    public void Choose_TiedScores_PicksTheCheaper() => Assert.Equal((256, 2, ComputeReason.Gate), Decide("", [0, 0, 5, 5, 0, 5]));

    [Fact]
    public void Choose_SmallestSize_HasNoProbe() =>
        Assert.Null(Create(Model).Choose(Allow(Model, ComputeBudget.None), [9, 0, 0, 0, 0, 0], RemainingTime.Unlimited).Probe);

    [Theory]
    [InlineData("depth=4", 320, 4, ComputeReason.Forced)]
    [InlineData("depth=4, size=256", 256, 4, ComputeReason.Forced)]
    [InlineData("size=256", 256, 6, ComputeReason.Forced)]
    [InlineData("size=384, max-depth=2", 384, 2, ComputeReason.MaxDepth)]
    [InlineData("min-size=384", 384, 6, ComputeReason.MinSize)]
    [InlineData("min-size=256, max-size=256", 256, 6, ComputeReason.MaxSize)]
    [InlineData("min-size=384, max-gmacs=15", 384, 2, ComputeReason.MaxGmacs)]
    public void Choose_OneSizeIsLeftThatTheGateDoesNotRead_NoGateRuns(string budget, int size, int depth, ComputeReason reason)
    {
        var allowed = Allow(Model, ComputeBudgetParser.Parse(budget));
        var decision = Create(Model).Choose(allowed, [], RemainingTime.Unlimited);

        Assert.Equal((null, Square(size), false), (allowed.Gate, allowed.First, allowed.IsOpen));
        Assert.Equal(new ComputeDecision(At(size, depth), reason), decision);
    }

    [Theory]
    [InlineData("max-size=256", 256, 2, ComputeReason.MaxSize)]
    [InlineData("min-size=256, max-size=320", 320, 2, ComputeReason.MaxSize)]
    [InlineData("min-size=256", 384, 6, ComputeReason.Gate)]
    [InlineData("max-depth=2", 256, 2, ComputeReason.MaxDepth)]
    [InlineData("max-depth=1", 192, 1, ComputeReason.MaxDepth)]
    [InlineData("max-gmacs=19", 320, 2, ComputeReason.MaxGmacs)] // 320/6 is 18 and its probe 1, but scores least
    [InlineData("max-gmacs=7", 256, 2, ComputeReason.MaxGmacs)] // 4 + 2 and the probe
    [InlineData("max-gmacs=6.9", 192, 3, ComputeReason.MaxGmacs)]
    [InlineData("size=192", 192, 3, ComputeReason.Forced)]
    [InlineData("max-size=192", 192, 3, ComputeReason.MaxSize)]
    public void Choose_Constrained_TakesArgmaxOverWhatIsAllowed(string budget, int size, int depth, ComputeReason reason)
    {
        // by score: 384/6, 256/2 where the depth binds, 320/2 ...
        float[] scores = budget.StartsWith("max-depth", StringComparison.Ordinal) ? [1, 2, 8, 3, 0, 9] : [1, 2, 3, 8, 0, 9];

        Assert.Equal((size, depth, reason), Decide(budget, scores));
    }

    [Fact]
    public void Allow_NothingFitsGmacs_NamesTheSmallestValue()
    {
        var error = Assert.Throws<SegmentationException>(() => Allow(Model, new ComputeBudget { MaxGmacs = 2 }));

        Assert.Equal("max-gmacs", error.Field);
        Assert.Contains(" 2.5.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Allow_TheSmallestSizeAloneIsLeft_ItsStemFeedsTheGate()
    {
        var allowed = Allow(Model, new ComputeBudget { Size = 192 });

        Assert.Equal(("balanced", Square(192), false), (allowed.Gate, allowed.First, allowed.IsOpen));
    }

    [Theory]
    [InlineData(7, 256, 2)]
    [InlineData(3, 192, 1)]
    [InlineData(0.1, 192, 1)] // nothing keeps the cap: the cheapest
    public void Choose_OperatorGmacs_CapsPoints(double cap, int size, int depth)
    {
        var planner = Create(Model, new BudgetOptions { MaxGmacs = cap });
        var allowed = planner.Allow(ModelBudget.For(ComputeBudget.None, Model), Inputs, RemainingTime.Unlimited);

        Assert.Equal((size, depth, ComputeReason.Operator), Pick(planner.Choose(allowed, [1, 0, 3, 8, 0, 9], RemainingTime.Unlimited)));
    }

    [Fact]
    public void Choose_OperatorDepth_StaysAtTheForcedSize()
    {
        var planner = Create(Model, new BudgetOptions { MaxDepth = 2 });
        var allowed = planner.Allow(ModelBudget.For(new ComputeBudget { Depth = 6 }, Model), Inputs, RemainingTime.Unlimited);

        Assert.Equal((320, 2, ComputeReason.Operator), Pick(planner.Choose(allowed, [], RemainingTime.Unlimited)));
    }

    [Fact]
    public void Choose_Deadline_LowersSizeAndDepth()
    {
        var time = new RemainingTime(TimeSpan.FromSeconds(1), static point => TimeSpan.FromSeconds(point.Size * point.Depth / 500.0), static () => false);

        Assert.Equal((192, 1, ComputeReason.Deadline), Pick(Create(Model).Choose(Allow(Model, ComputeBudget.None), [1, 0, 0, 0, 0, 9], time)));
        Assert.Equal((192, 1, ComputeReason.Deadline), Pick(Create(Model).Choose(Allow(Model, ComputeBudget.None, time), [1, 0, 0, 0, 0, 9], time)));
    }

    [Fact]
    public void Allow_DeadlineHoldsOnlyWithoutTheProbe_NoGateRuns()
    {
        var time = new RemainingTime(TimeSpan.FromSeconds(4), static point => TimeSpan.FromSeconds(point.Size < 320 ? 9 : point.Depth), static () => false)
        {
            Stem = static _ => TimeSpan.FromSeconds(5),
        };
        var allowed = Allow(Model, ComputeBudget.None, time);

        Assert.Null(allowed.Gate);
        Assert.Equal((320, 4, ComputeReason.Deadline), Pick(Create(Model).Choose(allowed, [], time)));
    }

    [Fact]
    public void Choose_Trial_RunsTheCheapestPoint()
    {
        var time = new RemainingTime(TimeSpan.Zero, static _ => TimeSpan.FromSeconds(1), static () => true);
        var allowed = Allow(Model, ComputeBudget.None, time);

        Assert.Equal((true, "balanced", Square(192)), (allowed.IsTrial, allowed.Gate, allowed.First));
        Assert.Equal((192, 1, ComputeReason.Deadline), Pick(Create(Model).Choose(allowed, [0, 0, 0, 0, 0, 9], time)));
    }

    [Theory]
    [InlineData(0, 0, 320, 6)] // quality alone
    [InlineData(2, 0, 320, 2)] // 30 - 2 * 2.5 > 31 - 2 * 6.5 > 20 + 2 * 1.75
    [InlineData(4, 0, 192, 1)]
    [InlineData(2, 256, 256, 2)]
    public void Choose_Beta_PricesLayersOfTheOwnSize(double beta, int maxSize, int size, int depth)
    {
        var budget = new ComputeBudget { Beta = beta, MaxSize = maxSize == 0 ? null : maxSize };
        var allowed = Allow(Model, budget);
        var decision = Create(Model).Choose(allowed, [0.20f, 0.21f, 0.25f, 0.30f, 0.31f, 0.30f], RemainingTime.Unlimited);

        Assert.Equal((size, depth), (decision.Point.Size, decision.Point.Depth));
        Assert.Equal((null, beta), (decision.Profile, decision.Beta));
    }

    [Theory]
    [InlineData("", 1.1f, 256, 2, ComputeReason.Fallback)]
    [InlineData("", float.NaN, 256, 2, ComputeReason.Fallback)]
    [InlineData("", 1f, 384, 6, ComputeReason.Gate)]
    [InlineData("max-size=192", 1.1f, 192, 3, ComputeReason.MaxSize)] // the most expensive that costs no more
    [InlineData("min-size=320", 1.1f, 320, 2, ComputeReason.MinSize)] // all cost more
    public void Choose_Guard_FallsBackAboveItsBound(string budget, float leverage, int size, int depth, ComputeReason reason)
    {
        var model = WithGate(Model.Gates!.Profiles["balanced"] with { Guard = new GateGuard(1, new GatePoint(256, 2)) });

        Assert.Equal((size, depth, reason), Decide(budget, [0, 0, 0, 0, 0, 9, leverage], model));
    }

    [Theory]
    [InlineData("", 320, 6, ComputeReason.Default)]
    [InlineData("max-depth=2", 320, 2, ComputeReason.MaxDepth)] // not 384, which costs less than 320/6
    [InlineData("max-gmacs=9", 256, 5, ComputeReason.MaxGmacs)]
    [InlineData("max-size=256", 256, 6, ComputeReason.MaxSize)]
    [InlineData("min-size=256", 320, 6, ComputeReason.Default)]
    public void Choose_NoGate_TakesTheHighestCostUpToTheOwnSize(string budget, int size, int depth, ComputeReason reason) =>
        Assert.Equal((size, depth, reason), Decide(budget, [], Model with { Gates = null }));

    [Fact]
    public void Choose_GateWithoutPoints_CoversTheOwnSizeAlone()
    {
        var model = WithGate(new GateProfile(GateProfile.Classifier, "gate-balanced.onnx", 0.3));
        var allowed = Allow(model, ComputeBudget.None);

        Assert.Equal(("balanced", Square(320), false), (allowed.Gate, allowed.First, allowed.IsOpen));
        Assert.Equal((320, 3, ComputeReason.Gate), Decide("", [0, 0, 9, 0, 0, 0], model));
        Assert.Equal((320, 2, ComputeReason.MaxDepth), Decide("max-depth=2", [0, 0, 9, 0, 0, 0], model));
        Assert.Equal((256, 6, ComputeReason.MaxSize), Decide("max-size=256", [], model));
        Assert.Equal((320, 4, ComputeReason.Gate), Decide("size=320", [0, 0, 0, 9, 0, 0], model));
    }

    [Theory]
    [InlineData("size=100", "size")]
    [InlineData("min-size=193", "min-size")]
    [InlineData("max-size=4000", "max-size")]
    public void ModelBudget_SizeThatIsNone_NamesTheList(string text, string key)
    {
        var error = Assert.Throws<SegmentationException>(() => ModelBudget.For(ComputeBudgetParser.Parse(text), Model));

        Assert.Equal((SegmentationError.BadBudget, key), (error.Error, error.Field));
        Assert.Contains("192, 256, 320, 384", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ModelBudget_SizeOfAModelWithOne_MustBeItsOwn()
    {
        var model = TestManifest.Create();
        var error = Assert.Throws<SegmentationException>(() => ModelBudget.For(new ComputeBudget { Size = 256 }, model));

        Assert.Contains("has one size, 320", error.Message, StringComparison.Ordinal);
        Assert.Equal("balanced", ModelBudget.For(new ComputeBudget { Size = 320 }, model).Gate);
    }

    [Theory]
    [InlineData("profile=balanced, size=256", "profile")]
    [InlineData("beta=0.5, min-size=384", "beta")]
    public void ModelBudget_AskedGateCannotChoose_IsRefused(string text, string key)
    {
        var error = Assert.Throws<SegmentationException>(() => ModelBudget.For(ComputeBudgetParser.Parse(text), Model));

        Assert.Equal((SegmentationError.BadBudget, key), (error.Error, error.Field));
    }

    private static ModelManifest WithGate(GateProfile balanced)
    {
        var model = TestManifest.Create();
        return model with
        {
            Sizes = [new(192, 288), new(256, 384), new(320, 448), new(384, 512)],
            Costs = [new(320, 320, 3, 2, 3), new(192, 192, 1, 0.5, 1), new(256, 256, 2, 1, 2), new(384, 384, 4, 3, 4)],
            Gates = new GateSet("balanced", new Dictionary<string, GateProfile>
            {
                ["balanced"] = balanced,
                ["utility"] = new(GateProfile.Utility, "gate-utility.onnx", Points: Points),
            }),
        };
    }

    private static (int Size, int Depth, ComputeReason Reason) Decide(string budget, float[] scores, ModelManifest? model = null)
    {
        var sized = model ?? Model;
        return Pick(Create(sized).Choose(Allow(sized, ComputeBudgetParser.Parse(budget)), scores, RemainingTime.Unlimited));
    }

    private static AllowedPoints Allow(ModelManifest model, ComputeBudget budget, RemainingTime? time = null) =>
        Create(model).Allow(ModelBudget.For(budget, model), Inputs, time ?? RemainingTime.Unlimited);

    private static ImageInputs Inputs => ImageInputs.For(Model, 1000, 1000);

    private static (int Size, int Depth, ComputeReason Reason) Pick(ComputeDecision decision) => (decision.Point.Size, decision.Point.Depth, decision.Reason);

    private static InputSize Square(int edge) => new(edge, edge);

    private static ComputePoint At(int size, int depth) => new(size, Square(size), depth);

    private static ComputePlanner Create(ModelManifest model, BudgetOptions? caps = null) => new(model, new CostTable(model.Costs), caps ?? new BudgetOptions());
}
