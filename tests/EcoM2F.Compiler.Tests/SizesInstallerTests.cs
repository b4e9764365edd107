using System.Security.Cryptography;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Verification;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests;

public sealed class SizesInstallerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _model;

    public SizesInstallerTests()
    {
        _model = _folder["tiny"];
        TinyModel.CompileTo(_model);
        File.WriteAllText(Path.Combine(_model, "README.md"), "the card");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Install_InPlace_ChangesTheManifestAlone()
    {
        var (before, files) = (ModelFolder.Open(_model).Manifest, Files(_model));
        var after = Install(SizedModel.List).Manifest;

        Assert.Equal("32:64 64:96 96:160", string.Join(' ', after.Sizes!));
        Assert.Equal((before with { Sizes = after.Sizes, Costs = after.Costs }).ToJson(), after.ToJson());
        Assert.Equal(files.Where(static file => file.Key != ModelManifest.FileName), Files(_model).Where(static file => file.Key != ModelManifest.FileName));
        AssertWhole(_model);
    }

    [Fact]
    public void Install_Costs_CoverEveryInputOfEverySizeTheOwnOnesFirst()
    {
        var before = ModelFolder.Open(_model).Manifest;
        var after = Install(SizedModel.List).Manifest;
        var expected = after.ShortestEdges.SelectMany(size => InputSize.All(after.PreprocessingAt(size))).ToHashSet();

        Assert.Equal(before.Costs, after.Costs.Take(before.Costs.Count));
        Assert.Equal(expected.Count, after.Costs.Count);
        Assert.Equal(expected, after.Costs.Select(static cost => new InputSize(cost.Height, cost.Width)).ToHashSet());
    }

    [Theory]
    [InlineData(CompiledFlavours.Fused)]
    [InlineData(CompiledFlavours.Portable)]
    public void Install_AnyFlavour_CountsWhatCompileCounts(CompiledFlavours flavours)
    {
        TinyCheckpoint.Write(_folder["checkpoint"]);
        var options = new CompileOptions { CheckpointFolder = _folder["checkpoint"], OutputFolder = _folder["compiled"], Sizes = SizedModel.List };
        var compiled = ModelCompiler.Compile(options, null, TestContext.Current.CancellationToken);
        ModelCompiler.Compile(options with { OutputFolder = _folder["changed"], Sizes = null, Flavours = flavours }, null, TestContext.Current.CancellationToken);

        var changed = SizesInstaller.Install(_folder["changed"], SizedModel.List, null, false, null, TestContext.Current.CancellationToken).Manifest;

        Assert.Equal(compiled.Sizes, changed.Sizes);
        Assert.Equal(compiled.Costs, changed.Costs);
    }

    [Fact]
    public void Install_OwnSizeAlone_IsTheModelAsItWas()
    {
        var before = Files(_model);
        Install(SizedModel.List);
        var after = Install("64").Manifest;

        Assert.Null(after.Sizes);
        Assert.Equal(before, Files(_model));
    }

    [Fact]
    public void Install_Elsewhere_WritesACopyOfThatName()
    {
        var before = Files(_model);
        var copy = _folder["copy"];
        var installed = SizesInstaller.Install(_model, SizedModel.List, copy, false, null, TestContext.Current.CancellationToken);

        Assert.Equal("copy", installed.Manifest.Name);
        Assert.Equal(before, Files(_model));
        Assert.Equal(before.Keys, Files(copy).Keys);
        Assert.Equal("the card", File.ReadAllText(Path.Combine(copy, "README.md")));
        AssertWhole(copy);
    }

    [Fact]
    public void Install_ElsewhereOverOtherFiles_IsRefused()
    {
        _folder.Write("notes/mine.txt", "the user's own");

        Assert.Throws<CompileException>(() => SizesInstaller.Install(_model, SizedModel.List, _folder["notes"], false, null, CancellationToken.None));
        Assert.Equal(["mine.txt"], _folder.Files("notes"));
    }

    [Theory]
    [InlineData("Counting costs")]
    [InlineData("Replacing the manifest")]
    public void Install_EndsAtAStep_LeavesTheOldModelAndNothingElse(string step)
    {
        var before = Files(_model);
        Assert.Throws<OperationCanceledException>(() => SizesInstaller.Install(_model, SizedModel.List, null, false, new AtStep(step), CancellationToken.None));
        Assert.Equal(before, Files(_model));
    }

    [Fact]
    public void Install_ReadByAnotherAtEveryStep_FindsAWholeModel()
    {
        var steps = 0;
        SizesInstaller.Install(_model, SizedModel.List, null, false, new AtStep(null, () => steps += ModelFolder.Open(_model).FindWrongHash(CancellationToken.None) is null ? 1 : 0), CancellationToken.None);
        Assert.Equal(2, steps);
    }

    [Fact]
    public void Install_AfterOneThatWasKilled_RemovesWhatItLeft()
    {
        File.WriteAllText(Path.Combine(_model, ".install.0123.tmp"), "half");
        Install(SizedModel.List);
        Assert.DoesNotContain(".install.0123.tmp", Files(_model).Keys);
        AssertWhole(_model);
    }

    [Fact]
    public void Install_BadListOrFolder_ChangesNothing()
    {
        var before = Files(_model);
        Assert.Throws<CompileException>(() => Install("64,63"));
        Assert.Throws<ModelLoadException>(() => SizesInstaller.Install(_folder["none"], "64", null, false, null, CancellationToken.None));
        Assert.Equal(before, Files(_model));
    }

    [Fact]
    public void Install_ChangedFile_IsRefused()
    {
        File.AppendAllText(Path.Combine(_model, "decoder.onnx"), "x");

        Assert.Contains("decoder.onnx", Assert.Throws<ModelLoadException>(() => Install(SizedModel.List)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("32:64,64")] // without the largest, which the gate has points of
    [InlineData("64,96:160")]
    [InlineData("32:96,64,96:160")] // another longest edge gives other inputs
    [InlineData("64")]
    public void Install_SizeThatAGateNeeds_IsRefusedUnlessForced(string list)
    {
        var sized = _folder["sized"];
        SizedModel.CompileTo(sized, SizedModel.Choosing("balanced", SizedModel.Points[0]), new SizedGate("plain", GateProfile.Classifier, null, [0, 1, 0]), new SizedGate("utility", GateProfile.Utility, SizedModel.Points, new float[6]));
        var before = Files(sized);

        var error = Assert.Throws<CompileException>(() => SizesInstaller.Install(sized, list, null, false, null, CancellationToken.None));
        Assert.Contains("balanced, utility", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, Files(sized));

        var installed = SizesInstaller.Install(sized, list, null, removeGates: true, null, CancellationToken.None);
        Assert.Equal(["balanced", "utility"], installed.RemovedGates);
        Assert.Equal("plain", installed.Manifest.Gates!.Default);
        AssertWhole(sized);
    }

    [Fact]
    public void Install_AllGatesRemoved_LeavesAModelWithoutGates()
    {
        var sized = _folder["sized"];
        SizedModel.CompileTo(sized, SizedModel.Choosing("balanced", SizedModel.Points[0]), new SizedGate("utility", GateProfile.Utility, null, new float[3]));

        var installed = SizesInstaller.Install(sized, "64", null, removeGates: true, null, CancellationToken.None);

        Assert.Null(installed.Manifest.Gates);
        AssertWhole(sized);
    }

    [Fact]
    public void Install_FurtherLargerSize_KeepsGates()
    {
        var sized = _folder["sized"];
        SizedModel.CompileTo(sized, SizedModel.Choosing("balanced", SizedModel.Points[0]));

        Assert.Empty(SizesInstaller.Install(sized, "32:64,64,96:160,128:160", null, false, null, CancellationToken.None).RemovedGates);
        AssertWhole(sized);
    }

    private InstalledSizes Install(string list) => SizesInstaller.Install(_model, list, null, removeGates: false, null, TestContext.Current.CancellationToken);

    private static void AssertWhole(string path)
    {
        var folder = ModelFolder.Open(path);
        folder.VerifyHashes(CancellationToken.None);
        using var sessions = ModelSessions.Open(folder, ExecutionTarget.Cpu);
        var report = ModelVerifier.VerifyCanary(sessions, folder, ModelVerifier.DefaultTolerance, CancellationToken.None);
        Assert.True(report.Passed, string.Join(" ", report.Failures));
    }

    private static SortedDictionary<string, string> Files(string folder) => new(
        Directory.EnumerateFiles(folder).ToDictionary(static file => Path.GetFileName(file), static file => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))),
        StringComparer.Ordinal);

    private sealed class AtStep(string? stopAt, Action? before = null) : IProgress<string>
    {
        public void Report(string value)
        {
            before?.Invoke();
            if (value == stopAt)
            {
                throw new OperationCanceledException();
            }
        }
    }
}
