using EcoM2F.Inference.Scheduling;

namespace EcoM2F.Inference.Tests.Scheduling;

/// <summary>What the law of load promises (docs/reliability.md), in simulated time.</summary>
public sealed class OverloadTests
{
    [Theory]
    [InlineData(0.9)]
    [InlineData(1.3)]
    [InlineData(2)]
    public void Law_UnderLoad_ServesWhatAlwaysTheShallowestExitServes(double times)
    {
        var law = Run(times, new SchedulingOptions());
        var shallowest = Run(times, new SchedulingOptions(), always: 1);

        Assert.True(law.InTime >= 0.97 * shallowest.InTime, $"{law.InTime} of {shallowest.InTime}");
    }

    [Theory]
    [InlineData(0.9)]
    [InlineData(1.3)]
    public void Law_WhereTheShallowestExitHasRoom_UsesIt(double times) => Assert.InRange(Run(times, new SchedulingOptions()).MeanDepth, 1.5, 6);

    [Fact]
    public void Law_WithoutLoad_LeavesDepthToTheGate() =>
        Assert.InRange(Run(0.5, new SchedulingOptions()).MeanDepth, 0.95 * OverloadSimulation.GateDepth, OverloadSimulation.GateDepth);

    [Fact]
    public void NoLaw_UnderLoad_ServesFewer()
    {
        var off = Run(2, new SchedulingOptions { TargetMilliseconds = 0 });

        Assert.True(off.InTime < 0.9 * Run(2, new SchedulingOptions()).InTime, $"{off.InTime}");
    }

    private static (double InTime, double MeanDepth) Run(double times, SchedulingOptions options, int? always = null) =>
        new OverloadSimulation(times * OverloadSimulation.Capacity, options, always).Run();
}
