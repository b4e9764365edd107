using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Inference.Results;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace EcoM2F.Inference.Tests.Pipeline;

public sealed class SegmentationPipelineTests(TinyEngine engine) : IClassFixture<TinyEngine>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SegmentAsync_AllTasks_GivesResultsAtTheImagesSize()
    {
        var result = await engine.SegmentAsync(TinyEngine.MakePhoto(150, 90), tasks: SegmentationTasks.Panoptic | SegmentationTasks.Instance | SegmentationTasks.Semantic, cancellationToken: Token);

        Assert.Equal((150, 90), (result.Width, result.Height));
        Assert.Equal(150 * 90, result.Panoptic!.Ids.Length);
        Assert.NotEmpty(result.Panoptic.Segments);
        Assert.NotEmpty(result.Instances!);
        Assert.Equal(150 * 90, result.Semantic!.Segments.Sum(static segment => segment.Area));
        Assert.All(result.Panoptic.Segments, segment => Assert.Equal(result.Panoptic.Ids.Count(id => id == segment.Id), segment.Area));
        Assert.True(result.Pixels.IsEmpty);
    }

    [Fact]
    public async Task SegmentAsync_StagesOfOneImage_RunInOrder()
    {
        var result = await engine.SegmentAsync(TinyEngine.MakePhoto(64, 64), cancellationToken: Token);

        Assert.Equal(["decode", "queue", "stem", "gate", "encoder", "decoder", "mask"], result.Compute.Times.All.Select(static time => time.Stage.ToName()));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task SegmentAsync_ForcedDepth_CostsWhatThatExitCosts(int depth)
    {
        var result = await engine.SegmentAsync(TinyEngine.MakePhoto(64, 64), new ComputeBudget { Depth = depth }, cancellationToken: Token);

        var model = engine.Models.Get("tiny");
        var cost = model.Costs.At(new InputSize(64, 64));
        Assert.Equal(new ComputeDecision(new ComputePoint(64, new InputSize(64, 64), depth), ComputeReason.Forced), result.Compute.Decision);
        Assert.Equal(cost.At(depth), result.Compute.Gmacs, 9);
        Assert.Equal(1 - (cost.At(depth) / cost.At(3)), result.Compute.Saved, 9);
    }

    [Fact]
    public async Task SegmentAsync_OtherImagesInTheQueue_ChangeNothing()
    {
        var photo = TinyEngine.MakePhoto(120, 80);
        var alone = await Task.WhenAll(Enumerable.Range(1, 3).Select(depth => engine.SegmentAsync(photo, new ComputeBudget { Depth = depth }, cancellationToken: Token)));

        var crowd = Enumerable.Range(0, 30).Select(i => i % 3 == 0
            ? engine.SegmentAsync(photo, new ComputeBudget { Depth = 1 + (i / 3 % 3) }, cancellationToken: Token)
            : engine.SegmentAsync(TinyEngine.MakePhoto(60 + (10 * i), 200 - (4 * i), i), cancellationToken: Token)).ToArray();
        var results = await Task.WhenAll(crowd);

        for (var i = 0; i < results.Length; i += 3)
        {
            Assert.Equal(alone[i / 3 % 3].Panoptic!.Ids, results[i].Panoptic!.Ids);
        }
    }

    [Fact]
    public async Task SegmentAsync_Beta_IsAnsweredByUtilityGate()
    {
        var free = await engine.SegmentAsync(TinyEngine.MakePhoto(64, 64), new ComputeBudget { Beta = 0 }, cancellationToken: Token);
        var dear = await engine.SegmentAsync(TinyEngine.MakePhoto(64, 64), new ComputeBudget { Beta = 100 }, cancellationToken: Token);

        Assert.Equal((0d, null), (free.Compute.Decision.Beta!.Value, free.Compute.Decision.Profile));
        Assert.Equal(1, dear.Compute.Decision.Point.Depth);
    }

    [Fact]
    public async Task SegmentAsync_DeadlineShorterThanMeasured_IsRefusedBeforeAnyWork()
    {
        var request = engine.Request(TinyEngine.MakePhoto(64, 64), new ComputeBudget { Deadline = TimeSpan.FromTicks(1) });

        var error = await Assert.ThrowsAsync<SegmentationException>(() => engine.Pipeline.SegmentAsync(request, Token));

        Assert.Equal((SegmentationError.DeadlineExceeded, "deadline-ms"), (error.Error, error.Field));
    }

    [Fact]
    public async Task SegmentAsync_DeadlinesRefusedAfterASlowSpell_AreServedAgain()
    {
        var time = new FakeTimeProvider();
        await using var services = TinyEngine.Compose(Path.GetDirectoryName(engine.ModelFolder)!, time: time);
        var models = services.GetRequiredService<ModelRegistry>();
        await models.LoadAllAsync(Token);
        var request = TinyEngine.Request(models.Get("tiny"), TinyEngine.MakePhoto(64, 64), new ComputeBudget { Deadline = TimeSpan.FromSeconds(9) });
        var (table, size) = (models.Get("tiny").Latency, InputSize.For(64, 64, models.Get("tiny").Manifest.Preprocessing));
        for (var i = 0; i < 100; i++)
        {
            table.Learn(new LatencyKey(size, 64 * 64, SegmentationTasks.Panoptic), (1, null), new StageTimes { Stem = 10_000 });
        }

        // Refused, and none of the refusals changes that.
        for (var i = 0; i < 3; i++)
        {
            var error = await Assert.ThrowsAsync<SegmentationException>(SegmentAsync);
            Assert.Equal((SegmentationError.DeadlineExceeded, "deadline-ms"), (error.Error, error.Field));
            Assert.Contains("10000 ms", error.Message, StringComparison.Ordinal);
        }

        // One is tried, at the shallowest exit, and is fast: the estimate falls under the deadline, and all are served.
        time.Advance(LatencyTable.TrialInterval);
        Assert.Equal((1, ComputeReason.Deadline), Pick((await SegmentAsync()).Compute.Decision));
        Assert.Equal(ComputeReason.Gate, (await SegmentAsync()).Compute.Decision.Reason);

        Task<SegmentationResult> SegmentAsync() => services.GetRequiredService<SegmentationPipeline>().SegmentAsync(request, Token);

        static (int, ComputeReason) Pick(ComputeDecision decision) => (decision.Point.Depth, decision.Reason);
    }

    [Fact]
    public async Task SegmentAsync_GenerousDeadline_IsServed()
    {
        var result = await engine.SegmentAsync(TinyEngine.MakePhoto(64, 64), new ComputeBudget { Deadline = TimeSpan.FromMinutes(10) }, cancellationToken: Token);

        Assert.Equal(ComputeReason.Gate, result.Compute.Decision.Reason);
    }

    [Fact]
    public async Task SegmentAsync_ClientGone_IsCancelled()
    {
        using var client = new CancellationTokenSource();
        await client.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.SegmentAsync(TinyEngine.MakePhoto(64, 64), cancellationToken: client.Token));
    }

    [Fact]
    public async Task SegmentAsync_ManyAtOnce_EncodesNoMoreThanTheHostHasSlots()
    {
        var request = engine.Request(TinyEngine.MakePhoto(64, 64));
        var (now, most) = (0, 0);

        await Task.WhenAll(Enumerable.Range(0, 4 * Environment.ProcessorCount).Select(_ => Task.Run(() => engine.Pipeline.SegmentAsync(request, Encode, Token), Token)));

        Assert.InRange(most, 1, Environment.ProcessorCount);

        int Encode(SegmentationResult result)
        {
            InterlockedMax(ref most, Interlocked.Increment(ref now));
            Thread.Sleep(20);
            return Interlocked.Decrement(ref now);
        }

        static void InterlockedMax(ref int target, int value)
        {
            for (var seen = target; seen < value; seen = Interlocked.CompareExchange(ref target, value, seen))
            {
            }
        }
    }

    [Fact]
    public async Task SegmentAsync_WithPixels_CarriesUprightImage()
    {
        var request = engine.Request(TinyEngine.MakePhoto(70, 50)) with { WithPixels = true };

        var result = await engine.Pipeline.SegmentAsync(request, Token);

        Assert.Equal(70 * 50 * 3, result.Pixels.Length);
    }

    [Fact]
    public async Task SegmentAsync_OperatorCap_LowersEveryRequest()
    {
        await using var services = TinyEngine.Compose(Path.GetDirectoryName(engine.ModelFolder)!, caps: new BudgetOptions { MaxDepth = 1 });
        var models = services.GetRequiredService<ModelRegistry>();
        await models.LoadAllAsync(Token);
        var request = TinyEngine.Request(models.Get("tiny"), TinyEngine.MakePhoto(64, 64), new ComputeBudget { Depth = 3 });

        var result = await services.GetRequiredService<SegmentationPipeline>().SegmentAsync(request, Token);

        Assert.Equal((1, ComputeReason.Operator), (result.Compute.Decision.Point.Depth, result.Compute.Decision.Reason));
    }
}
