using System.Diagnostics.Metrics;
using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Results;
using EcoM2F.Inference.Scheduling;
using EcoM2F.TestSupport;
using Microsoft.Extensions.DependencyInjection;

namespace EcoM2F.Inference.Tests.Pipeline;

/// <summary>Images that the scheduler puts together where the model's measurements say that it pays.</summary>
public sealed class BatchedPipelineTests : IAsyncLifetime
{
    private const int Images = 4;

    private readonly string _folder = Directory.CreateTempSubdirectory("ecom2f-batched").FullName;
    private ServiceProvider _services = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private LoadedModel Model => _services.GetRequiredService<ModelRegistry>().Get("tiny");

    public async ValueTask InitializeAsync()
    {
        TinyModel.CompileTo(Path.Combine(_folder, "tiny"));
        _services = TinyEngine.Compose(_folder, scheduling: new SchedulingOptions { TargetMilliseconds = 0, MaxQueueMilliseconds = 0, MaxBatch = Images, MaxParallel = 1 });
        await _services.GetRequiredService<ModelRegistry>().LoadAllAsync(Token);
        await _services.GetRequiredService<ModelRegistry>().WarmUpAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Warmup_MeasuresEveryStageOfTheModel() =>
        Assert.Matches("^stem [124], encoder [124], decoder [124]$", Model.Batches.ToString());

    [Fact]
    public async Task Segment_SeveralWait_RunTogetherAndGiveWhatEachGivesAlone()
    {
        var photos = Enumerable.Range(0, Images).Select(static i => TinyEngine.MakePhoto(96, 64, i)).ToArray();
        var alone = new List<SegmentationResult>();
        foreach (var photo in photos)
        {
            alone.Add(await SegmentAsync(photo));
        }

        foreach (var stage in new[] { Stage.Stem, Stage.Encoder, Stage.Decoder })
        {
            Model.Batches.Add(stage, Images, double.Epsilon);
        }

        var sizes = new List<int>();
        using var listener = new MeterListener { InstrumentPublished = Listen };
        listener.SetMeasurementEventCallback<int>((_, images, _, _) =>
        {
            lock (sizes)
            {
                sizes.Add(images);
            }
        });
        listener.Start();
        var together = await TogetherAsync(photos);

        Assert.All(sizes, static images => Assert.Equal(Images, images));
        Assert.Equal(Images, sizes.Count);
        for (var i = 0; i < Images; i++)
        {
            var (expected, actual) = (alone[i].Panoptic!.Ids, together[i].Panoptic!.Ids);
            Assert.InRange(expected.Zip(actual).Count(static pair => pair.First == pair.Second), 0.999 * expected.Length, expected.Length);
        }

        void Listen(Instrument instrument, MeterListener to)
        {
            if (instrument.Name == "ecom2f.batch.size" && instrument.Meter.Scope == _services.GetRequiredService<IMeterFactory>())
            {
                to.EnableMeasurementEvents(instrument);
            }
        }
    }

    /// <summary>All at once: the device is busy until every image waits for it.</summary>
    private async Task<SegmentationResult[]> TogetherAsync(byte[][] photos)
    {
        var device = _services.GetRequiredService<EngineResources>().Device;
        using var release = new ManualResetEventSlim();
        var busy = device.RunAsync(token => Wait(release, token), TimeSpan.Zero, Token);
        var results = photos.Select(SegmentAsync).ToArray();
        while (device.Waiting < photos.Length)
        {
            await Task.Delay(1, Token);
        }

        release.Set();
        await busy;
        return await Task.WhenAll(results);
    }

    private static bool Wait(ManualResetEventSlim release, CancellationToken cancellationToken)
    {
        release.Wait(cancellationToken);
        return true;
    }

    private Task<SegmentationResult> SegmentAsync(byte[] photo) =>
        TinyEngine.SegmentAsync(_services, Model, photo, new ComputeBudget { Depth = 3 }, cancellationToken: Token);
}
