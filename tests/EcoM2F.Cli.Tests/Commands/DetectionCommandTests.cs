using System.Text.Json.Nodes;
using EcoM2F.TestSupport;

namespace EcoM2F.Cli.Tests.Commands;

/// <summary>A detector from its checkpoint to boxes, as a user goes.</summary>
public sealed class DetectionCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(DetectorCheckpoint.Detr, "portable")]
    [InlineData(DetectorCheckpoint.DeformableDetr, "portable and fused")]
    public async Task CompileAndVerify_Fixture_EqualsHuggingFaceInBothFlavours(string fixture, string flavours)
    {
        var compiled = (await EcoM2FProgram.RunAsync("compile", DetectorCheckpoint.FolderOf(fixture), "-o", _folder["model"])).Exits(0);
        Assert.Contains($"4 exits, 0 gates, {flavours}", compiled.Out, StringComparison.Ordinal);

        foreach (var flavour in new[] { "portable", "fused" })
        {
            var report = (await EcoM2FProgram.RunAsync("verify", _folder["model"], DetectorCheckpoint.ExpectedOf(fixture), "--flavour", flavour, "--json")).Exits(0).Json;
            Assert.Equal(24, report["max_abs"]!.AsObject().Count); // two cases, four exits, three tensors
            Assert.Empty(report["skipped"]!.AsArray());
        }

        (await EcoM2FProgram.RunAsync("verify", _folder["model"])).Exits(0);
        var inspected = (await EcoM2FProgram.RunAsync("inspect", _folder["model"])).Exits(0).Out;
        Assert.Contains("tasks       detection", inspected, StringComparison.Ordinal);
        Assert.Contains("classes     5: LABEL_0", inspected, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--task", "detection")]
    [InlineData]
    public async Task Segment_Detector_WritesBoxes(params string[] task)
    {
        TinyDetector.CompileTo(_folder["detector"]);
        TestImages.WriteMany(_folder["in"], 2);
        (await SegmentAsync([.. task, "--budget", "max-depth=2"])).Exits(0);

        Assert.Equal([".ecom2f-segment-names.json", ".ecom2f-segment.json", "000.json", "001.json"], _folder.Files("out"));
        var result = JsonNode.Parse(File.ReadAllText(_folder["out/000.json"]))!;
        Assert.InRange(result["compute"]!["depth"]!.GetValue<int>(), 1, 2);
        Assert.NotNull(result["detection"]);
        Assert.Null(result["panoptic"]);
    }

    [Fact]
    public async Task Segment_Overlay_IsWritten()
    {
        TinyDetector.CompileTo(_folder["detector"]);
        TestImages.WriteMany(_folder["in"], 1);
        (await SegmentAsync("--format", "overlay")).Exits(0);

        Assert.Equal("RIFF", System.Text.Encoding.ASCII.GetString(File.ReadAllBytes(_folder["out/000.overlay.webp"]), 0, 4));
    }

    [Theory]
    [InlineData("--format png|panoptic|semantic", "--format", "json,png")]
    [InlineData("--task|'panoptic'|'detector'|detection", "--task", "panoptic")]
    public async Task Segment_WhatADetectorLacks_IsRefused(string fragments, params string[] options)
    {
        TinyDetector.CompileTo(_folder["detector"]);
        TestImages.WriteMany(_folder["in"], 1);

        (await SegmentAsync(options)).Exits(2).Names(fragments);
    }

    private Task<ProgramRun> SegmentAsync(params string[] options) =>
        EcoM2FProgram.RunAsync(["segment", _folder["in"], "-o", _folder["out"], "--model", _folder["detector"], .. options]);
}
