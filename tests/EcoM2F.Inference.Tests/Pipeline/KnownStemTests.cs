using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Inference.Results;
using EcoM2F.TestSupport;
using Microsoft.Extensions.DependencyInjection;

namespace EcoM2F.Inference.Tests.Pipeline;

/// <summary>The same image again: only what follows the stem is computed.</summary>
public sealed class KnownStemTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ecom2f-known").FullName;
    private readonly byte[] _photo = TestPng.Photo();
    private ServiceProvider _services = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private LoadedModel Model => _services.GetRequiredService<ModelRegistry>().Get(null);

    private EngineResources Resources => _services.GetRequiredService<EngineResources>();

    public async ValueTask InitializeAsync()
    {
        SizedModel.CompileTo(Path.Combine(_folder, "sized"), SizedModel.Choosing("large", new GatePoint(SizedModel.Largest, 3)));
        _services = TinyEngine.Compose(_folder, stemCacheMegabytes: 64);
        await _services.GetRequiredService<ModelRegistry>().LoadAllAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Segment_SameImageAtAnotherDepth_RunsNoStemAndGivesWhatItGivesAlone()
    {
        var first = await SegmentAsync(_photo, "depth=3");
        var again = await SegmentAsync(_photo, "depth=3");
        var shallow = await SegmentAsync(_photo, "depth=1");

        Assert.NotNull(first.Compute.Times.Stem);
        Assert.All(new[] { again, shallow }, static result => Assert.Equal((null, null), (result.Compute.Times.Stem, result.Compute.Times.Decode)));
        Assert.Equal(first.Panoptic!.Ids, again.Panoptic!.Ids);
        var stem = Model.Costs.At(first.Compute.Decision.Point.Input).Stem;
        Assert.Equal(first.Compute.Gmacs - stem, again.Compute.Gmacs, 1e-9);
        Assert.Equal(Model.Costs.Gmacs(shallow.Compute.Decision.Point) - stem, shallow.Compute.Gmacs, 1e-9);
        Assert.Equal(first.Compute.FullGmacs, again.Compute.FullGmacs);
    }

    [Fact]
    public async Task Segment_SameImageWithAGate_KnowsTheProbeAndTheChosenSize()
    {
        var first = await SegmentAsync(_photo, "profile=large");
        var again = await SegmentAsync(_photo, "profile=large");

        Assert.Equal(SizedModel.Largest, again.Compute.Decision.Point.Size);
        Assert.Null(again.Compute.Times.Stem);
        Assert.Equal(first.Panoptic!.Ids, again.Panoptic!.Ids);
        var stems = Model.Costs.At(first.Compute.Decision.Point.Input).Stem + Model.Costs.At(first.Compute.Decision.Probe!.Value).Stem;
        Assert.Equal(first.Compute.Gmacs - stems, again.Compute.Gmacs, 1e-9);
    }

    [Fact]
    public async Task Segment_OnlyTheProbeIsKnown_DecodesForTheChosenSize()
    {
        await SegmentAsync(_photo, $"size={SizedModel.Smallest}");

        var result = await SegmentAsync(_photo, "profile=large");

        Assert.Equal((true, true), (result.Compute.Times.Stem > 0, result.Compute.Times.Decode > 0));
        Assert.Equal(Model.Costs.Gmacs(result.Compute.Decision.Point), result.Compute.Gmacs, 1e-9);
        Assert.Equal(0, Resources.Host.HeldBytes);
    }

    [Fact]
    public async Task Segment_AnotherImage_IsNotKnown()
    {
        await SegmentAsync(_photo, "depth=1");

        Assert.NotNull((await SegmentAsync(TinyEngine.MakePhoto(96, 64, 5), "depth=1")).Compute.Times.Stem);
    }

    [Fact]
    public async Task Registry_Disposed_TheCacheIsEmpty()
    {
        await SegmentAsync(_photo, "depth=1");
        Assert.True(Resources.StemCacheBytes > 0);

        _services.GetRequiredService<ModelRegistry>().Dispose();

        Assert.Equal(0, Resources.StemCacheBytes);
    }

    private Task<SegmentationResult> SegmentAsync(byte[] photo, string budget) =>
        _services.GetRequiredService<SegmentationPipeline>().SegmentAsync(TinyEngine.Request(Model, photo, ComputeBudgetParser.Parse(budget)), Token);
}
