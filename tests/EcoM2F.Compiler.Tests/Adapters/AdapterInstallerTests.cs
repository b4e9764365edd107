using System.Security.Cryptography;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Verification;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests.Adapters;

public sealed class AdapterInstallerTests : IDisposable
{
    private const int Levels = 3;

    private readonly TemporaryFolder _folder = new();
    private readonly ModelManifest _compiled;

    public AdapterInstallerTests()
    {
        _compiled = TinyModel.CompileTo(Model);
        File.WriteAllText(_folder["tiny/README.md"], "the card");
    }

    private string Model => _folder["tiny"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Install_TwoOfThreeExits_ModelIsWholeAndSaysSo()
    {
        var installed = Install(Adapter(1), Adapter(2));
        Assert.Equal([1, 2], installed.ExitAdapters!.Exits);
        Assert.Equal(12, installed.ExitAdapters.Photos);
        Assert.Equal([2.5, 0.5], ModelFolder.Open(Model).Manifest.ExitAdapters!.RelativeError[2]);
        Assert.Equal(_compiled.Gates!.Profiles.Keys, installed.Gates!.Profiles.Keys);
        Assert.Equal("the card", File.ReadAllText(_folder["tiny/README.md"]));
        AssertWhole(GraphFlavours.Fused);
        AssertWhole(GraphFlavours.Portable);
    }

    [Fact]
    public void Install_OneExit_LeavesTheGraphsOfOthersAlone()
    {
        var installed = Install(Adapter(2));
        Assert.Equal("encoder-1.onnx", FileOf(installed, 1));
        Assert.Equal("encoder-3.onnx", FileOf(installed, 3));
        Assert.NotEqual("encoder-2.onnx", FileOf(installed, 2));
        Assert.Equal(_compiled.Sha256["weights.bin"], installed.Sha256["weights.bin"]);
    }

    /// <summary>width 64: a token costs 64 x 64 multiply-adds, whatever its level.</summary>
    [Fact]
    public void Install_Costs_CountTheMapAtItsExitsOnly()
    {
        var installed = Install(Adapter(2));
        for (var i = 0; i < installed.Costs.Count; i++)
        {
            var (before, after) = (_compiled.Costs[i], installed.Costs[i]);
            var tokens = after.Height * after.Width * 21 / 1024;
            Assert.Equal(tokens * 64 * 64 / 1e9, after.At(2) - before.At(2), 6);
            Assert.Equal(before.At(1), after.At(1));
            Assert.Equal(before.At(3), after.At(3));
        }
    }

    [Fact]
    public void Install_Again_ReplacesAdapters()
    {
        Install(Adapter(1), Adapter(2));
        var installed = Install(Adapter(2, seed: 7));
        Assert.Equal([2], installed.ExitAdapters!.Exits);
        Assert.Equal(Digest("encoder-1.onnx"), installed.Sha256[FileOf(installed, 1)]);
        AssertWhole(GraphFlavours.Fused);
        AssertWhole(GraphFlavours.Portable);
    }

    [Fact]
    public void Install_None_GivesTheCompiledModelBack()
    {
        Install(Adapter(1), Adapter(2));
        Install(Adapter(1, seed: 3));
        var removed = Install();
        Assert.Null(removed.ExitAdapters);
        Assert.Equal(_compiled.Graphs, removed.Graphs);
        Assert.Equal(_compiled.Costs, removed.Costs);
        Assert.Equal(
            _compiled.Sha256.Where(file => file.Key != _compiled.Canary).OrderBy(static file => file.Key, StringComparer.Ordinal),
            removed.Sha256.Where(file => file.Key != removed.Canary).OrderBy(static file => file.Key, StringComparer.Ordinal));
        Assert.Equal(_compiled.Sha256[_compiled.Canary], removed.Sha256[removed.Canary]);
        AssertWhole(GraphFlavours.Fused);
    }

    [Theory]
    [InlineData("Writing the adapters")]
    [InlineData("Running the canary")]
    [InlineData("Replacing the manifest")]
    public void Install_EndsAtAStep_LeavesTheOldModelAndNothingElse(string step)
    {
        Install(Adapter(1));
        var before = Files();
        Assert.Throws<OperationCanceledException>(() => AdapterInstaller.Install(
            Model, TestAdapters.Installation(new StopAt(step), Adapter(1, seed: 2), Adapter(2)), TestContext.Current.CancellationToken));
        Assert.Equal(before, Files());
        AssertWhole(GraphFlavours.Fused);
    }

    [Fact]
    public void Install_ReadByAnotherAtEveryStep_FindsAWholeModel()
    {
        var steps = 0;
        var watch = new StopAt(null, () =>
        {
            ModelFolder.Open(Model).VerifyHashes(CancellationToken.None);
            steps++;
        });
        AdapterInstaller.Install(Model, TestAdapters.Installation(watch, Adapter(1)), TestContext.Current.CancellationToken);
        Assert.Equal(3, steps);
    }

    [Fact]
    public void Install_AfterOneThatWasKilled_RemovesWhatItLeft()
    {
        string[] left = [".install.0123.tmp", "encoder-2-01234567.fused.onnx", "adapters-01234567.bin", "canary-89abcdef.safetensors"];
        foreach (var name in left)
        {
            _folder.Write($"tiny/{name}", "half");
        }

        _folder.Write("tiny/notes.txt", "the user's own");
        Install(Adapter(1));
        Assert.All(left, name => Assert.DoesNotContain(name, Files().Keys));
        Assert.Contains("notes.txt", Files().Keys);
    }

    [Fact]
    public void Install_GateAfterwards_KeepsAdapters()
    {
        Install(Adapter(1));
        var gate = new NewGate { Profile = "mine", Kind = GateProfile.Classifier, Weight = new float[3 * TinyCheckpoint.Width], Bias = new float[3] };
        Assert.Equal([1], GateInstaller.Install(Model, gate).Manifest.ExitAdapters!.Exits);
        AssertWhole(GraphFlavours.Fused);
    }

    [Theory]
    [InlineData(3, 3, 64, "allowed are 1, 2")]
    [InlineData(1, 1, 64, "has 3 of width 64")]
    [InlineData(1, 3, 32, "has 3 of width 64")]
    public void Install_AdapterOfAnotherModel_IsRefused(int exit, int levels, int width, string message)
    {
        var before = Files();
        var error = Assert.Throws<CompileException>(() => Install(TestAdapters.Random(exit, levels, width)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(before, Files());
    }

    [Fact]
    public void InstallCopy_LeavesTheModelAloneAndHoldsNothingElse()
    {
        var before = Files();
        var installed = AdapterInstaller.InstallCopy(Model, _folder["other"], TestAdapters.Installation(null, Adapter(1)), TestContext.Current.CancellationToken);
        Assert.Equal("other", installed.Name);
        Assert.Equal(before, Files());
        Assert.Equal([.. installed.Sha256.Keys.Append("README.md").Append("model.json").Order(StringComparer.Ordinal)], _folder.Files("other"));
        ModelFolder.Open(_folder["other"]).VerifyHashes(CancellationToken.None);
    }

    [Fact]
    public void InstallCopy_EndsAtAStepOrExists_LeavesNothing()
    {
        Assert.Throws<OperationCanceledException>(() => AdapterInstaller.InstallCopy(
            Model, _folder["other"], TestAdapters.Installation(new StopAt("Running the canary"), Adapter(1)), TestContext.Current.CancellationToken));
        Assert.Equal([Model], Directory.EnumerateFileSystemEntries(_folder.Path));
        Assert.Contains("exists already", Assert.Throws<CompileException>(() => AdapterInstaller.RequireWritable(Model, Model)).Message, StringComparison.Ordinal);
    }

    private static ExitAdapter Adapter(int exit, int seed = 1) => TestAdapters.Random(exit, Levels, TinyCheckpoint.Width, seed);

    private ModelManifest Install(params ExitAdapter[] adapters) =>
        AdapterInstaller.Install(Model, TestAdapters.Installation(null, adapters), TestContext.Current.CancellationToken);

    private static string FileOf(ModelManifest manifest, int exit) =>
        manifest.Graphs.Single(graph => graph is { Stage: GraphStages.Encoder, Flavour: GraphFlavours.Portable } && graph.Exit == exit).File;

    private string Digest(string name) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(Model, name))));

    /// <summary>Hashes hold, and the canary passes.</summary>
    private void AssertWhole(string flavour)
    {
        var folder = ModelFolder.Open(Model);
        folder.VerifyHashes(CancellationToken.None);
        using var sessions = ModelSessions.Open(folder, ExecutionTarget.Cpu, flavour: flavour);
        var report = ModelVerifier.VerifyCanary(sessions, folder, ModelVerifier.DefaultTolerance, CancellationToken.None);
        Assert.True(report.Passed, string.Join(" ", report.Failures));
    }

    private SortedDictionary<string, string> Files() => new(
        Directory.EnumerateFiles(Model).ToDictionary(static file => Path.GetFileName(file), static file => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))),
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
