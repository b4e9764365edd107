using System.Text.Json.Nodes;
using EcoM2F.Inference.Models;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests;

public sealed class ThresholdsInstallerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _model;

    public ThresholdsInstallerTests()
    {
        _model = _folder["tiny"];
        TinyModel.CompileTo(_model);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Install_ChangesTheManifestAlone()
    {
        var (before, names) = (ModelFolder.Open(_model).Manifest, Directory.GetFiles(_model).Order().ToList());

        var after = Install(before, new() { ["sky"] = 0.4f, ["person"] = 0.95f });

        Assert.Equal(after.ToJson(), ModelFolder.Open(_model).Manifest.ToJson());
        Assert.Equal(["person", "sky"], after.Postprocessing.ClassThresholds!.Keys);
        Assert.Equal(7, after.Provenance!["class_thresholds"]!["images"]!.GetValue<int>());
        Assert.Equal("random numbers", after.Provenance["parent"]!.GetValue<string>());
        Assert.Equal(before.ToJson(), (after with { Postprocessing = after.Postprocessing with { ClassThresholds = null }, Provenance = before.Provenance }).ToJson());
        Assert.Equal(names, Directory.GetFiles(_model).Order());
        ModelFolder.Open(_model).VerifyHashes(TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Install_None_TakesThemAway()
    {
        var with = Install(ModelFolder.Open(_model).Manifest, new() { ["sky"] = 0.4f });

        Assert.Null(Install(with, []).Postprocessing.ClassThresholds);
    }

    [Theory]
    [InlineData("cloud", 0.5f)]
    [InlineData("sky", 1.01f)]
    [InlineData("sky", float.NaN)]
    public void Install_OfNoClassOrOutOfRange_IsRefusedAndChangesNothing(string name, float threshold)
    {
        var before = File.ReadAllText(Path.Combine(_model, ModelManifest.FileName));

        var message = Assert.Throws<CompileException>(() => Install(ModelFolder.Open(_model).Manifest, new() { [name] = threshold })).Message;

        Assert.Contains($"'{name}'", message, StringComparison.Ordinal);
        Assert.Contains("0 to 1", message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(Path.Combine(_model, ModelManifest.FileName)));
    }

    [Fact]
    public void Install_ModelThatHasChangedSince_IsRefused()
    {
        var measured = ModelFolder.Open(_model).Manifest;
        Install(measured, new() { ["sky"] = 0.4f });

        Assert.Contains("has changed", Assert.Throws<CompileException>(() => Install(measured, new() { ["sky"] = 0.5f })).Message, StringComparison.Ordinal);
    }

    private ModelManifest Install(ModelManifest measured, Dictionary<string, float> thresholds) =>
        ThresholdsInstaller.Install(_model, measured, thresholds, new JsonObject { ["images"] = 7 });
}
