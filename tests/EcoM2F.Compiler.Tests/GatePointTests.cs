using EcoM2F.Inference.Models;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests;

public sealed class GatePointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Install_PointsAndGuard_AreInTheManifest()
    {
        var profile = GateInstaller.Install(Model(), Gate()).Manifest.Gates!.Profiles["mine"];
        Assert.Equal([new GatePoint(32, 1), new GatePoint(64, 3)], profile.Points);
        Assert.Equal(new GateGuard(2, new GatePoint(64, 3)), profile.Guard);
    }

    [Fact]
    public void Install_WhatTheModelLacks_IsRefused()
    {
        var model = Model();
        Fail("point is 48/1; the model's sizes are 32, 64", Gate() with { Points = [new GatePoint(48, 1), new GatePoint(64, 3)] });
        Fail("fallback is 64/9", Gate() with { Guard = new GateGuard(2, new GatePoint(64, 9)) });
        Fail("2 scores for 1 points", Gate() with { Points = [new GatePoint(32, 1)] });
        Fail("bound is 0", Gate() with { Guard = new GateGuard(0, new GatePoint(64, 3)) });
        Fail("go together", Gate() with { Leverage = null });
        Fail("The gate has 2 exits", Gate() with { Points = null });

        void Fail(string message, NewGate gate) => Assert.Contains(message, Assert.Throws<CompileException>(() => GateInstaller.Install(model, gate)).Message, StringComparison.Ordinal);
    }

    private static NewGate Gate() => new()
    {
        Profile = "mine",
        Kind = GateProfile.Classifier,
        Beta = 1,
        Weight = new float[2 * TinyCheckpoint.Width],
        Bias = [0, 1],
        Points = [new GatePoint(32, 1), new GatePoint(64, 3)],
        Guard = new GateGuard(2, new GatePoint(64, 3)),
        Leverage = new GateLeverage(new float[TinyCheckpoint.Width], new float[TinyCheckpoint.Width * TinyCheckpoint.Width]),
    };

    private string Model()
    {
        var manifest = TinyModel.CompileTo(_folder["tiny"]) with { Sizes = [new ModelSize(32, 64), new ModelSize(64, 96)] };
        File.WriteAllText(Path.Combine(_folder["tiny"], ModelManifest.FileName), manifest.ToJson());
        return _folder["tiny"];
    }
}
