using System.Text.Json.Nodes;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Verification;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests;

public sealed class GateInstallerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _model;

    public GateInstallerTests()
    {
        _model = Path.Combine(_folder.Path, "tiny");
        TinyModel.CompileTo(_model);
        File.WriteAllText(Path.Combine(_model, "README.md"), "the card");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Install_Classifier_GraphGivesWhatWasTrained()
    {
        var gate = Gate("mine", seed: 1);
        var installed = GateInstaller.Install(_model, gate);
        var pooled = new float[2 * TinyCheckpoint.Width];
        var random = new Random(9);
        for (var i = 0; i < pooled.Length; i++)
        {
            pooled[i] = random.NextSingle() - 0.5f;
        }

        using var runner = new ModelRunner(_model);
        var file = installed.Manifest.Gates!.Profiles["mine"].File;
        var scores = runner.Run(file, new() { [GraphTensors.Pooled] = new NamedTensor([2, TinyCheckpoint.Width], pooled) })[GraphTensors.Scores].Floats;
        for (var image = 0; image < 2; image++)
        {
            for (var exit = 0; exit < 3; exit++)
            {
                var expected = (double)gate.Bias[exit];
                for (var i = 0; i < TinyCheckpoint.Width; i++)
                {
                    expected += (double)gate.Weight[(exit * TinyCheckpoint.Width) + i] * pooled[(image * TinyCheckpoint.Width) + i];
                }

                Assert.Equal(expected, scores[(image * 3) + exit], 1e-5);
            }
        }
    }

    [Fact]
    public void Install_Classifier_ModelIsWholeAndNothingElseChanges()
    {
        var before = ModelFolder.Open(_model).Manifest;
        var installed = GateInstaller.Install(_model, Gate("mine") with { Provenance = new JsonObject { ["images"] = 12 } });
        Assert.Equal("balanced", installed.Manifest.Gates!.Default);
        Assert.Equal(before.Gates!.Profiles.Keys.Append("mine").Order(StringComparer.Ordinal), installed.Manifest.Gates.Profiles.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(12, installed.Manifest.Provenance!["gates"]!["mine"]!["images"]!.GetValue<int>());
        Assert.Equal(before.Provenance?.Count ?? 0, installed.Manifest.Provenance.Count - 1);
        Assert.Equal("the card", File.ReadAllText(Path.Combine(_model, "README.md")));
        Assert.Equal([before.Canary], installed.Superseded);
        AssertWhole("mine");
    }

    [Fact]
    public void Install_Again_KeepsTheFilesOfTheManifestBeforeAndRemovesOlderOnes()
    {
        var first = GateInstaller.Install(_model, Gate("balanced", seed: 1)).Manifest;
        var second = GateInstaller.Install(_model, Gate("balanced", seed: 2)).Manifest;
        Assert.NotEqual(first.Gates!.Profiles["balanced"].File, second.Gates!.Profiles["balanced"].File);
        Assert.True(File.Exists(Path.Combine(_model, first.Gates.Profiles["balanced"].File)));
        Assert.True(File.Exists(Path.Combine(_model, first.Canary)));
        Assert.False(File.Exists(Path.Combine(_model, "gate-balanced.onnx")));
        Assert.False(File.Exists(Path.Combine(_model, "canary.safetensors")));
        AssertWhole("balanced");
    }

    [Theory]
    [InlineData("Writing the gate")]
    [InlineData("Renewing the canary")]
    [InlineData("Replacing the manifest")]
    public void Install_EndsAtAStep_LeavesTheOldModelAndNothingElse(string step)
    {
        var before = Files();
        Assert.Throws<OperationCanceledException>(() => GateInstaller.Install(_model, Gate("balanced"), new StopAt(step)));
        Assert.Equal(before, Files());
        AssertWhole("balanced");
    }

    [Fact]
    public void Install_ReadByAnotherAtEveryStep_FindsAWholeModel()
    {
        var steps = 0;
        GateInstaller.Install(_model, Gate("balanced"), new StopAt(null, () =>
        {
            ModelFolder.Open(_model).VerifyHashes(CancellationToken.None);
            steps++;
        }));
        Assert.Equal(3, steps);
        AssertWhole("balanced");
    }

    [Fact]
    public void Install_AfterOneThatWasKilled_RemovesWhatItLeft()
    {
        string[] left = [".install.0123.tmp", "gate-mine-01234567.onnx", "canary-89abcdef.safetensors"];
        foreach (var name in left)
        {
            File.WriteAllText(Path.Combine(_model, name), "half");
        }

        File.WriteAllText(Path.Combine(_model, "notes.txt"), "the user's own");
        AssertWhole("balanced");
        GateInstaller.Install(_model, Gate("mine"));
        Assert.All(left, name => Assert.DoesNotContain(name, Files().Keys));
        Assert.Contains("notes.txt", Files().Keys);
        AssertWhole("mine");
    }

    [Fact]
    public void Install_WhileAnotherIsGoingOn_IsRefused()
    {
        var refused = false;
        GateInstaller.Install(_model, Gate("mine"), new StopAt(null, () =>
        {
            var exception = Assert.Throws<CompileException>(() => GateInstaller.Install(_model, Gate("other")));
            refused = exception.Message.Contains("being changed by another command", StringComparison.Ordinal);
        }));
        Assert.True(refused);
        AssertWhole("mine");
    }

    [Fact]
    public void Install_TamperedCanary_IsRefused()
    {
        var canary = Path.Combine(_model, "canary.safetensors");
        var bytes = File.ReadAllBytes(canary);
        bytes[^1] ^= 1;
        File.WriteAllBytes(canary, bytes);
        Assert.Contains("canary.safetensors", Assert.Throws<ModelLoadException>(() => GateInstaller.Install(_model, Gate("mine"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Install_WrongWidthOrExits_IsRefused()
    {
        Assert.Throws<ModelLoadException>(() => GateInstaller.Install(_model, Gate("mine") with { Weight = new float[3 * 5] }));
        Assert.Contains("2 exits", Assert.Throws<CompileException>(() => GateInstaller.Install(_model, Gate("mine") with { Bias = [1, 2] })).Message, StringComparison.Ordinal);
        AssertWhole("balanced");
    }

    [Fact]
    public void Install_ModelWithoutGates_TakesAClassifierFirst()
    {
        var bare = Path.Combine(_folder.Path, "bare");
        TinyModel.CompileTo(bare, gates: false);
        var utility = Gate("utility") with { Kind = GateProfile.Utility, Beta = null };
        Assert.Contains("install one before", Assert.Throws<CompileException>(() => GateInstaller.Install(bare, utility)).Message, StringComparison.Ordinal);
        Assert.Equal("mine", GateInstaller.Install(bare, Gate("mine")).Manifest.Gates!.Default);
        Assert.Equal(GateProfile.Utility, GateInstaller.Install(bare, utility).Manifest.Gates!.Profiles["utility"].Kind);
    }

    private static NewGate Gate(string profile, int seed = 0)
    {
        var random = new Random(seed);
        return new NewGate
        {
            Profile = profile,
            Kind = GateProfile.Classifier,
            Beta = 0.5,
            Weight = [.. Enumerable.Range(0, 3 * TinyCheckpoint.Width).Select(_ => random.NextSingle() - 0.5f)],
            Bias = [.. Enumerable.Range(0, 3).Select(_ => random.NextSingle())],
        };
    }

    /// <summary>Hashes hold, and the canary (with a part for the profile) passes.</summary>
    private void AssertWhole(string profile)
    {
        var folder = ModelFolder.Open(_model);
        folder.VerifyHashes(CancellationToken.None);
        using var sessions = ModelSessions.Open(folder, ExecutionTarget.Cpu);
        var report = ModelVerifier.VerifyCanary(sessions, folder, ModelVerifier.DefaultTolerance, CancellationToken.None);
        Assert.True(report.Passed, string.Join(" ", report.Failures));
        Assert.Contains($"case0.gate.{profile}", report.MaxAbs.Keys);
    }

    private SortedDictionary<string, string> Files() => new(
        Directory.EnumerateFiles(_model).ToDictionary(static file => Path.GetFileName(file), static file => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)))),
        StringComparer.Ordinal);

    private sealed class StopAt(string? step, Action? before = null) : IProgress<string>
    {
        public void Report(string value)
        {
            before?.Invoke();
            if (value == step)
            {
                throw new OperationCanceledException();
            }
        }
    }
}
