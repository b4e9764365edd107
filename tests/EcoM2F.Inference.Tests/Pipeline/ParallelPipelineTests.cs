using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Results;
using EcoM2F.Inference.Scheduling;
using EcoM2F.TestSupport;
using Microsoft.Extensions.DependencyInjection;

namespace EcoM2F.Inference.Tests.Pipeline;

/// <summary>Images whose stages run on the CPU at the same time, in the same sessions.</summary>
public sealed class ParallelPipelineTests : IDisposable
{
    private const int Threads = 2;

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    /// <summary>One graph serves two images at once: what they compute with must be theirs alone.</summary>
    [Theory]
    [InlineData(GraphPrecisions.Fp32)]
    [InlineData(GraphPrecisions.EightBits)]
    public async Task Segment_ManyAtOnce_GivesWhatEachGivesAlone(string precision)
    {
        await using var services = await StartAsync(precision);
        Assert.Equal(Threads, services.GetRequiredService<EngineResources>().Device.MaxParallel);
        const int images = 12;
        var photos = Enumerable.Range(0, images).Select(static i => (Photo: TinyEngine.MakePhoto(64 + (i % 3 * 32), 64 + (i % 2 * 32), i), Depth: 1 + (i % 3))).ToArray();
        var alone = new List<SegmentationResult>();
        foreach (var (photo, depth) in photos)
        {
            alone.Add(await SegmentAsync(services, photo, depth));
        }

        for (var round = 0; round < 5; round++)
        {
            var together = await Task.WhenAll(photos.Select(photo => SegmentAsync(services, photo.Photo, photo.Depth)));

            for (var i = 0; i < images; i++)
            {
                Assert.Equal(alone[i].Panoptic!.Ids, together[i].Panoptic!.Ids);
                Assert.Equal(alone[i].Panoptic!.Segments.Select(static segment => segment.Score), together[i].Panoptic!.Segments.Select(static segment => segment.Score));
            }
        }
    }

    [Fact]
    public async Task Warmup_ImagesRunSideBySide_MeasuresNoBatches()
    {
        await using var services = await StartAsync(GraphPrecisions.Fp32);

        Assert.Empty(ModelOf(services).Batches.ToString());
    }

    private async Task<ServiceProvider> StartAsync(string precision)
    {
        TinyModel.CompileTo(_folder["tiny"]);
        TinyInt8.AddTo(_folder["tiny"]);
        var scheduling = new SchedulingOptions { TargetMilliseconds = 0, MaxQueueMilliseconds = 0, MaxParallel = Threads };
        var services = TinyEngine.Compose(_folder.Path, scheduling: scheduling, threads: Threads, precision: precision);
        await services.GetRequiredService<ModelRegistry>().LoadAllAsync(Token);
        return services;
    }

    private static LoadedModel ModelOf(ServiceProvider services) => services.GetRequiredService<ModelRegistry>().Get("tiny");

    private static Task<SegmentationResult> SegmentAsync(ServiceProvider services, byte[] photo, int depth) =>
        TinyEngine.SegmentAsync(services, ModelOf(services), photo, new ComputeBudget { Depth = depth }, cancellationToken: Token);
}
