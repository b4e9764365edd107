using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Inference.Requests;
using EcoM2F.Inference.Results;
using EcoM2F.TestSupport;
using Microsoft.Extensions.DependencyInjection;

namespace EcoM2F.Inference.Tests.Pipeline;

/// <summary>Both detectors through the engine as the host composes it.</summary>
public sealed class DetectionPipelineTests(DetectionPipelineTests.Engine engine) : IClassFixture<DetectionPipelineTests.Engine>
{
    private static readonly byte[] Photo = TinyEngine.MakePhoto(200, 150);

    public static TheoryData<string> Models => ["detr", "deformable"];

    [Theory]
    [MemberData(nameof(Models))]
    public async Task Segment_EveryExit_GivesBoxesInsideTheImage(string model)
    {
        for (var depth = 1; depth <= TinyDetector.Exits; depth++)
        {
            var result = await SegmentAsync(model, new ComputeBudget { Depth = depth }, ("score-threshold", "0"));

            Assert.Equal((depth, ComputeReason.Forced), (result.Compute.Decision.Point.Depth, result.Compute.Decision.Reason));
            Assert.Equal(model == "detr" ? TinyDetector.Queries : TinyDetector.Queries * TinyDetector.Classes.Count, result.Detections!.Count);
            Assert.Equal(result.Detections.Select(static found => found.Score).OrderDescending(), result.Detections.Select(static found => found.Score));
            Assert.All(result.Detections, static found =>
            {
                Assert.InRange(found.Score, 0, 1);
                Assert.InRange(found.Box.X, 0, 200);
                Assert.InRange(found.Box.Y, 0, 150);
                Assert.InRange(found.Box.X + found.Box.Width, found.Box.X, 200);
                Assert.InRange(found.Box.Y + found.Box.Height, found.Box.Y, 150);
            });
            Assert.Null(result.Panoptic);
            Assert.Equal(["queue", "decode", "stem", "encoder", "decoder", "mask"], result.Compute.Times.All.Select(static time => time.Stage).Order().Select(static stage => stage.ToName()));
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public async Task Segment_NoBudget_AsksTheDefaultGate(string model)
    {
        var result = await SegmentAsync(model);

        Assert.Equal((ComputeReason.Gate, "balanced"), (result.Compute.Decision.Reason, result.Compute.Decision.Profile));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public async Task Segment_BudgetOfGmacs_LowersTheDepth(string model)
    {
        var full = await SegmentAsync(model, new ComputeBudget { Depth = 4 });
        var less = await SegmentAsync(model, new ComputeBudget { MinDepth = 4 });
        var capped = await SegmentAsync(model, new ComputeBudget { MaxGmacs = full.Compute.Gmacs * 0.999 });

        Assert.Equal(full.Compute.Gmacs, less.Compute.Gmacs);
        Assert.InRange(capped.Compute.Decision.Point.Depth, 1, 3);
        Assert.InRange(capped.Compute.Saved, 0.0001, 1);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public async Task Segment_Default_LeavesOutLowScores(string model)
    {
        var result = await SegmentAsync(model);

        Assert.All(result.Detections!, static found => Assert.InRange(found.Score, 0.5f, 1));
    }

    [Fact]
    public async Task Segment_KeptClasses_LeavesOthersOut()
    {
        var result = await SegmentAsync("deformable", null, ("score-threshold", "0"), ("classes", "dog,kite"));

        Assert.Equal([2, 4], result.Detections!.Select(static found => found.CategoryId).Distinct().Order());
    }

    [Theory]
    [InlineData("mask-threshold", "0.5")]
    [InlineData("overlap-threshold", "0.5")]
    [InlineData("procedure", "hf")]
    public async Task Segment_WhatOnlyMasksHave_IsRefused(string field, string value)
    {
        var error = await Assert.ThrowsAsync<SegmentationException>(() => SegmentAsync("detr", null, (field, value)));

        Assert.Equal((SegmentationError.BadRequest, field), (error.Error, error.Field));
    }

    [Fact]
    public async Task Segment_TaskOfMasks_IsRefused()
    {
        var error = await Assert.ThrowsAsync<SegmentationException>(() => SegmentAsync("detr", null, ("task", "panoptic")));

        Assert.Equal((SegmentationError.BadRequest, "task"), (error.Error, error.Field));
        Assert.Contains("detection", error.Message, StringComparison.Ordinal);
    }

    private async Task<SegmentationResult> SegmentAsync(string name, ComputeBudget? budget = null, params (string Name, string Value)[] parameters)
    {
        var model = engine.Models.Get(name);
        var given = parameters.ToDictionary(static parameter => parameter.Name, static parameter => (IReadOnlyList<string?>)[parameter.Value]);
        var request = TinyEngine.Request(model, Photo, budget) with { Postprocessing = RequestParameters.Read(given, model.Manifest) };
        return await engine.Pipeline.SegmentAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>A DETR and a Deformable DETR side by side.</summary>
    public sealed class Engine : IAsyncLifetime
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("ecom2f-detectors").FullName;
        private ServiceProvider _services = null!;

        public ModelRegistry Models => _services.GetRequiredService<ModelRegistry>();

        public SegmentationPipeline Pipeline => _services.GetRequiredService<SegmentationPipeline>();

        public async ValueTask InitializeAsync()
        {
            TinyDetector.CompileTo(Path.Combine(_folder, "detr"), DetectorCheckpoint.Detr);
            TinyDetector.CompileTo(Path.Combine(_folder, "deformable"));
            _services = TinyEngine.Compose(_folder);
            await Models.LoadAllAsync(CancellationToken.None); // canaries pass
        }

        public async ValueTask DisposeAsync()
        {
            await _services.DisposeAsync();
            Directory.Delete(_folder, recursive: true);
        }
    }
}
