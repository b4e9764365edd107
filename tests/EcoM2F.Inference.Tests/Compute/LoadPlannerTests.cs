using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.TestSupport;

namespace EcoM2F.Inference.Tests.Compute;

/// <summary>The law of load as the planner keeps it. One square image; a GMAC takes a millisecond of the device.</summary>
public sealed class LoadPlannerTests
{
    private static readonly GatePoint[] Points = [new(192, 1), new(192, 3), new(256, 2), new(320, 2), new(320, 6), new(384, 6)];

    /// <summary>Of <see cref="Points"/>; the last is the gate's own choice.</summary>
    private static readonly float[] Scores = [1, 2, 3, 8, 0, 9];

    // depth k costs 2 + k/2 at 192, 4 + k at 256, 6 + 2k at 320 (the own size), 8 + 3k at 384, and the probe of 192 costs 1 at the others
    private static readonly ModelManifest Model = Create(new GateProfile(GateProfile.Classifier, "gate-balanced.onnx", 0.3, Points));

    private static readonly ImageInputs Inputs = new(320, new[] { 192, 256, 320, 384 }.ToDictionary(static size => size, Square));

    [Theory]
    [InlineData(27, 384, 6, ComputeReason.Gate)]
    [InlineData(26.9, 320, 2, ComputeReason.Brownout)] // by score, not by cost: 320/6 fits too
    [InlineData(11, 320, 2, ComputeReason.Brownout)]
    [InlineData(10.9, 256, 2, ComputeReason.Brownout)]
    [InlineData(6.9, 192, 3, ComputeReason.Brownout)]
    [InlineData(3.4, 192, 1, ComputeReason.Brownout)]
    [InlineData(2.4, 192, 1, ComputeReason.Brownout)] // nothing fits: the cheapest
    [InlineData(0, 192, 1, ComputeReason.Brownout)]
    [InlineData(-1000, 192, 1, ComputeReason.Brownout)]
    public void Choose_Gate_ChoosesAmongWhatTheCapLeaves(double cap, int size, int depth, ComputeReason reason)
    {
        Assert.Equal((size, depth, reason), Decide("", atArrival: cap, afterGate: cap));
        Assert.Equal((size, depth, reason), Decide("", atArrival: null, afterGate: cap)); // load that comes while the stem runs
    }

    [Theory]
    [InlineData("depth=6", 320, 6, ComputeReason.Forced)]
    [InlineData("depth=6, size=384", 384, 6, ComputeReason.Forced)]
    [InlineData("size=384", 384, 1, ComputeReason.Brownout)]
    [InlineData("min-size=320", 320, 1, ComputeReason.Brownout)]
    [InlineData("min-depth=4", 192, 4, ComputeReason.Brownout)]
    [InlineData("min-size=384, min-depth=6", 384, 6, ComputeReason.MinSize)]
    [InlineData("max-size=192, max-depth=1", 192, 1, ComputeReason.MaxDepth)]
    public void Choose_NothingFits_KeepsWhatTheRequestForcesAndItsLowerBounds(string budget, int size, int depth, ComputeReason reason) =>
        Assert.Equal((size, depth, reason), Decide(budget, atArrival: 0, afterGate: 0));

    [Theory]
    [InlineData(18, 6, ComputeReason.Default)]
    [InlineData(17.9, 5, ComputeReason.Brownout)]
    [InlineData(0, 1, ComputeReason.Brownout)]
    public void Choose_NoGate_LowersTheDepthOnceTheStemHasRun(double cap, int depth, ComputeReason reason) =>
        Assert.Equal((320, depth, reason), Decide("", atArrival: null, afterGate: cap, Model with { Gates = null }));

    [Theory]
    [InlineData(9.9, 256, 5)] // the highest cost
    [InlineData(0, 192, 1)]
    public void Choose_NoGate_LowersTheSizeBeforeTheStem(double cap, int size, int depth) =>
        Assert.Equal((size, depth, ComputeReason.Brownout), Decide("", atArrival: cap, afterGate: cap, Model with { Gates = null }));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Choose_LoadPassesAfterTheStem_KeepsTheSizeAndSaysWhy(bool withDeadline)
    {
        var budget = withDeadline ? "deadline-ms=1000" : "";

        Assert.Equal((192, 3, ComputeReason.Brownout), Decide(budget, atArrival: 6, afterGate: null));
        Assert.Equal((256, 6, ComputeReason.Brownout), Decide(budget, atArrival: 9.9, afterGate: null, Model with { Gates = null }));
    }

    [Fact]
    public void Choose_LoadPassesBeforeTheChoice_IsTheGates() =>
        Assert.Equal((384, 6, ComputeReason.Gate), Decide("", atArrival: 11, afterGate: null)); // 256 and 320 were left, so every input can be made

    [Fact]
    public void Choose_GuardUnderLoad_TakesTheMostExpensiveThatCostsNoMoreThanItsPoint()
    {
        var model = Create(Model.Gates!.Profiles["balanced"] with { Guard = new GateGuard(1, new GatePoint(320, 2)) });

        Assert.Equal((320, 2, ComputeReason.Fallback), Decide("", 11, 11, model, [.. Scores, 2]));
        Assert.Equal((256, 2, ComputeReason.Brownout), Decide("", 10.9, 10.9, model, [.. Scores, 2]));
    }

    [Fact]
    public void Choose_OperatorAndLoad_BothHold()
    {
        var caps = new BudgetOptions { MaxDepth = 2 };

        Assert.Equal((320, 2, ComputeReason.Operator), Decide("", 20, 20, caps: caps));
        Assert.Equal((256, 2, ComputeReason.Brownout), Decide("", 10, 10, caps: caps));
    }

    [Fact]
    public void Choose_NothingMeasured_IsTheGates()
    {
        var load = new LoadCap(TimeSpan.FromSeconds(-1), static (_, _) => null);
        var planner = Planner(Model);
        var allowed = planner.Allow(ModelBudget.For(ComputeBudget.None, Model), Inputs, RemainingTime.Unlimited with { Load = load });
        var decision = planner.Choose(allowed, Scores, RemainingTime.Unlimited with { Load = load });

        Assert.Equal((384, 6, ComputeReason.Gate), Pick(decision));
    }

    [Fact]
    public void Allow_OnlyTheProbesSizeFits_LeavesNothingElseOpen()
    {
        var allowed = Planner(Model).Allow(ModelBudget.For(ComputeBudget.None, Model), Inputs, Under(5.9));

        Assert.Equal((false, true, Square(192)), (allowed.IsOpen, allowed.IsCapped, allowed.First));
        Assert.All(allowed.Points, static point => Assert.Equal(192, point.Size));
    }

    [Fact]
    public void InOrder_Load_ComesLastAndOnlyTakesAway()
    {
        var sut = ComputeConstraint.InOrder[^1];
        ComputePoint[] points = [.. Inputs.Sizes.SelectMany(size => Model.Exits.Select(exit => new ComputePoint(size, Inputs[size], exit)))];

        Assert.Equal(ComputeReason.Brownout, sut.Reason);
        for (var cap = -1.0; cap < 30; cap += 0.25)
        {
            var context = new PlanningContext(Model, new CostTable(Model.Costs), ComputeBudget.None, new BudgetOptions()) { Inputs = Inputs, Points = points, Time = Under(cap) };
            var left = sut.Narrow(points, context);

            Assert.NotEmpty(left);
            Assert.Subset(points.ToHashSet(), left.ToHashSet());
        }
    }

    /// <param name="atArrival">Milliseconds; null: no load.</param>
    /// <param name="afterGate">As before.</param>
    private static (int, int, ComputeReason) Decide(string budget, double? atArrival, double? afterGate, ModelManifest? model = null, float[]? scores = null, BudgetOptions? caps = null)
    {
        model ??= Model;
        var parsed = ModelBudget.For(ComputeBudgetParser.Parse(budget), model);
        var planner = Planner(model, caps);
        var deadline = parsed.Budget.Deadline;
        var allowed = planner.Allow(parsed, Inputs, Timed(deadline, static _ => true) with { Load = Under(atArrival).Load });
        var time = Timed(deadline, point => allowed.IsOpen || point.Input == allowed.First) with { Load = Under(afterGate).Load };
        return Pick(planner.Choose(allowed, allowed.Gate is null ? [] : scores ?? Scores, time));
    }

    /// <summary>As the pipeline has it: other inputs than those that can still be made would take for ever.</summary>
    private static RemainingTime Timed(TimeSpan? deadline, Func<ComputePoint, bool> isPossible) => deadline is null
        ? RemainingTime.Unlimited
        : new RemainingTime(deadline, point => isPossible(point) ? TimeSpan.FromMilliseconds(1) : TimeSpan.MaxValue, static () => false);

    private static RemainingTime Under(double? cap)
    {
        var costs = new CostTable(Model.Costs);
        return cap is { } limit
            ? RemainingTime.Unlimited with { Load = new LoadCap(TimeSpan.FromMilliseconds(limit), (point, probe) => TimeSpan.FromMilliseconds(costs.Gmacs(point, probe))) }
            : RemainingTime.Unlimited;
    }

    private static (int Size, int Depth, ComputeReason Reason) Pick(ComputeDecision decision) => (decision.Point.Size, decision.Point.Depth, decision.Reason);

    private static InputSize Square(int size) => new(size, size);

    private static ComputePlanner Planner(ModelManifest model, BudgetOptions? caps = null) => new(model, new CostTable(model.Costs), caps ?? new BudgetOptions());

    private static ModelManifest Create(GateProfile balanced) => TestManifest.Create() with
    {
        Sizes = [new(192, 288), new(256, 384), new(320, 448), new(384, 512)],
        Costs = [new(320, 320, 3, 2, 3), new(192, 192, 1, 0.5, 1), new(256, 256, 2, 1, 2), new(384, 384, 4, 3, 4)],
        Gates = new GateSet("balanced", new Dictionary<string, GateProfile> { ["balanced"] = balanced }),
    };
}
