using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Imaging;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Inference.Results;
using EcoM2F.Inference.Scheduling;
using EcoM2F.TestSupport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace EcoM2F.Inference.Tests.Pipeline;

/// <summary>Images of a model with several sizes, on their way through the engine.</summary>
public sealed class SizedPipelineTests(SizedEngine engine) : IClassFixture<SizedEngine>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", SizedModel.Smallest, 1, ComputeReason.Gate)]
    [InlineData("profile=own", SizedModel.Own, 1, ComputeReason.Gate)]
    [InlineData("profile=large", SizedModel.Largest, 1, ComputeReason.Gate)]
    [InlineData("profile=large, max-size=64", SizedModel.Smallest, 1, ComputeReason.MaxSize)] // of equal scores the cheapest
    [InlineData("profile=guarded", SizedModel.Own, 3, ComputeReason.Fallback)]
    [InlineData("beta=0", SizedModel.Largest, 3, ComputeReason.Gate)]
    [InlineData("beta=100", SizedModel.Smallest, 1, ComputeReason.Gate)]
    [InlineData("depth=2", SizedModel.Own, 2, ComputeReason.Forced)]
    [InlineData("size=96", SizedModel.Largest, 3, ComputeReason.Forced)]
    [InlineData("size=96, depth=1", SizedModel.Largest, 1, ComputeReason.Forced)]
    [InlineData("size=32", SizedModel.Smallest, 1, ComputeReason.Gate)]
    public async Task SegmentAsync_Budget_RunsAtItsPoint(string budget, int size, int depth, ComputeReason reason)
    {
        var result = await engine.SegmentAsync(budget, Token);
        var decision = result.Compute.Decision;

        Assert.Equal((size, depth, reason), (decision.Point.Size, decision.Point.Depth, decision.Reason));
        Assert.Equal(new InputSize(size, size), decision.Point.Input);
        Assert.Equal(SizedModel.Largest, result.Compute.MaxSize);
        Assert.Equal(64 * 64, result.Panoptic!.Ids.Length);
    }

    [Theory]
    [InlineData("size=32", 32)]
    [InlineData("size=96, depth=1", 96)]
    public async Task SegmentAsync_ImageSmallerThanTheSmallestSize_IsEnlarged(string budget, int edge)
    {
        var result = await engine.SegmentAsync(budget, Token, width: 12, height: 10);

        Assert.Equal(edge, Math.Min(result.Compute.Decision.Point.Input.Height, result.Compute.Decision.Point.Input.Width));
        Assert.Equal((12, 10, 12 * 10), (result.Width, result.Height, result.Panoptic!.Ids.Length));
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("profile=own", 1)]
    [InlineData("profile=large", 1)]
    [InlineData("size=64, depth=1", 0)]
    [InlineData("size=96, depth=1", 0)]
    public async Task SegmentAsync_Gmacs_CountTheProbesStemWhereItIsNotTheChoices(string budget, int probes)
    {
        var used = (await engine.SegmentAsync(budget, Token)).Compute;
        var costs = engine.Model.Costs;
        var (full, probe) = (costs.At(new InputSize(64, 64)).At(3), costs.At(new InputSize(32, 32)).Stem);

        Assert.Equal(costs.At(used.Decision.Point.Input).At(used.Decision.Point.Depth) + (probes * probe), used.Gmacs, 9);
        Assert.Equal(1 - (used.Gmacs / full), used.Saved, 9);
    }

    [Theory]
    [InlineData("", 1)] // the probe is the choice
    [InlineData("size=96, depth=1", 1)]
    [InlineData("size=96", 1)]
    [InlineData("profile=large", 2)]
    [InlineData("profile=own, max-gmacs=1000", 2)]
    public async Task SegmentAsync_Stem_RunsTwiceOnlyAfterAProbeOfAnotherSize(string budget, int stems)
    {
        using var spans = new StageSpans();

        await engine.SegmentAsync(budget, Token);

        Assert.Equal(stems, spans.Count("stem"));
        Assert.Equal(stems, spans.Count("decode"));
        Assert.Equal(1, spans.Count("encoder"));
    }

    [Fact]
    public async Task SegmentAsync_ChosenSize_GivesWhatTheForcedSizeGives()
    {
        var chosen = await engine.SegmentAsync("profile=large", Token, 120, 80);
        var forced = await engine.SegmentAsync("size=96, depth=1", Token, 120, 80);

        Assert.Equal(forced.Panoptic!.Ids, chosen.Panoptic!.Ids);
    }

    [Fact]
    public async Task SegmentAsync_SaysBothStems_UnderTheStagesThereAre()
    {
        var times = (await engine.SegmentAsync("profile=large", Token)).Compute.Times;

        Assert.Equal(["decode", "queue", "stem", "gate", "encoder", "decoder", "mask"], times.All.Select(static time => time.Stage.ToName()));
    }

    [Fact]
    public async Task SegmentAsync_MaxGmacs_LowersTheSize()
    {
        var costs = engine.Model.Costs;
        var budget = FormattableString.Invariant($"profile=large, max-gmacs={costs.At(new InputSize(32, 32)).At(3) * 1.01:0.000}");

        var decision = (await engine.SegmentAsync(budget, Token)).Compute.Decision;

        Assert.Equal((SizedModel.Smallest, ComputeReason.MaxGmacs), (decision.Point.Size, decision.Reason));
    }

    [Fact]
    public async Task SegmentAsync_OperatorGmacs_LowersTheSize()
    {
        var cap = engine.Model.Costs.At(new InputSize(32, 32)).At(3) * 1.01;
        await using var services = TinyEngine.Compose(Path.GetDirectoryName(engine.ModelFolder)!, caps: new BudgetOptions { MaxGmacs = cap });
        var models = services.GetRequiredService<ModelRegistry>();
        await models.LoadAllAsync(Token);
        var pipeline = services.GetRequiredService<SegmentationPipeline>();

        var decision = (await pipeline.SegmentAsync(TinyEngine.Request(models.Get("sized"), TinyEngine.MakePhoto(64, 64), new ComputeBudget { Profile = "large" }), Token)).Compute.Decision;

        Assert.Equal((SizedModel.Smallest, ComputeReason.Operator), (decision.Point.Size, decision.Reason));
    }

    [Fact]
    public async Task SegmentAsync_LargerSize_SavesLessThanNothing() =>
        Assert.True((await engine.SegmentAsync("size=96, depth=3", Token)).Compute.Saved < 0);

    [Fact]
    public async Task SegmentAsync_ManyAtOnceOfEverySize_GiveWhatEachGivesAlone()
    {
        string[] budgets = ["", "profile=own", "profile=large", "size=96, depth=3", "beta=0.5"];
        var alone = new List<SegmentationResult>();
        foreach (var budget in budgets)
        {
            alone.Add(await engine.SegmentAsync(budget, Token));
        }

        var crowd = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => engine.SegmentAsync(budgets[i % budgets.Length], Token)));

        Assert.All(crowd.Index(), image => Assert.Equal(alone[image.Index % budgets.Length].Panoptic!.Ids, image.Item.Panoptic!.Ids));
        Assert.Equal(TimeSpan.Zero, engine.Resources.Device.Predicted);
    }

    [Fact]
    public async Task Run_LeavesBetweenProbeAndSecondStem_LeaksNothing()
    {
        using var client = new CancellationTokenSource();
        using var tensor = Tensor(new InputSize(32, 32));
        var chosen = new ComputeDecision(new ComputePoint(96, new InputSize(96, 96), 1), ComputeReason.Gate, "large") { Probe = new InputSize(32, 32) };
        var probe = new ImageJob(engine.Model, tensor, "large", _ => chosen, new StageWatch(TimeProvider.System), TimeSpan.FromSeconds(1), client.Token);

        Assert.Null(await engine.Resources.Device.RunAsync(probe, probe.Task));
        Assert.Null(probe.Stem);
        await client.CancelAsync();
        using var other = Tensor(new InputSize(96, 96));
        var rest = new ImageJob(engine.Model, other, gate: null, _ => chosen, new StageWatch(TimeProvider.System), TimeSpan.FromSeconds(1), client.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.Resources.Device.RunAsync(rest, rest.Task, resumes: probe));

        Assert.Null(rest.Stem);
        Assert.Equal((0, TimeSpan.Zero), (engine.Resources.Device.Waiting, engine.Resources.Device.Predicted));
    }

    [Fact]
    public async Task SegmentAsync_ClientsLeaveAtAnyMoment_TheNextIsServed()
    {
        for (var i = 0; i < 20; i++)
        {
            using var client = new CancellationTokenSource();
            var run = engine.SegmentAsync("profile=large", client.Token);
            await Task.Delay(TimeSpan.FromMilliseconds(i), Token);
            await client.CancelAsync();
            await Record.ExceptionAsync(() => run);
        }

        // as many as may keep their pixels at once, and more
        await Task.WhenAll(Enumerable.Range(0, 2 * Environment.ProcessorCount).Select(_ => engine.SegmentAsync("profile=large", Token)));
        Assert.Equal(0, engine.Resources.Device.Waiting);
    }

    [Fact]
    public async Task SegmentAsync_DeadlineTooShortForTheLargeSize_LowersIt()
    {
        await using var services = TinyEngine.Compose(Path.GetDirectoryName(engine.ModelFolder)!);
        var models = services.GetRequiredService<ModelRegistry>();
        await models.LoadAllAsync(Token);
        await models.WarmUpAsync(Token);
        var model = models.Get("sized");
        foreach (var edge in new[] { SizedModel.Own, SizedModel.Largest })
        {
            var image = new LatencyKey(new InputSize(edge, edge), 64 * 64, SegmentationTasks.Panoptic);
            for (var i = 0; i < 100; i++)
            {
                model.Latency.Learn(image, (1, null), new StageTimes { Stem = 1e9 });
            }
        }

        var budget = new ComputeBudget { Profile = "large", Deadline = TimeSpan.FromMinutes(10) };
        var pipeline = services.GetRequiredService<SegmentationPipeline>();
        var decision = (await pipeline.SegmentAsync(TinyEngine.Request(model, TinyEngine.MakePhoto(64, 64), budget), Token)).Compute.Decision;

        Assert.Equal((SizedModel.Smallest, ComputeReason.Deadline), (decision.Point.Size, decision.Reason));
    }

    [Theory]
    [InlineData("profile=large", SizedModel.Smallest, 1, ComputeReason.Brownout)]
    [InlineData("beta=0", SizedModel.Smallest, 1, ComputeReason.Brownout)]
    [InlineData("size=96", SizedModel.Largest, 1, ComputeReason.Brownout)]
    [InlineData("profile=guarded, min-depth=2", SizedModel.Smallest, 2, ComputeReason.Brownout)]
    [InlineData("depth=3", SizedModel.Own, 3, ComputeReason.Forced)]
    [InlineData("", SizedModel.Smallest, 1, ComputeReason.Gate)] // the gate's own choice is the cheapest
    public async Task SegmentAsync_AnotherImageHasWaitedTooLong_TakesTheLeastThatIsAllowed(string budget, int size, int depth, ComputeReason reason)
    {
        var time = new FakeTimeProvider();
        await using var services = TinyEngine.Compose(Path.GetDirectoryName(engine.ModelFolder)!, time: time, scheduling: new SchedulingOptions { TargetMilliseconds = 500 });
        var models = services.GetRequiredService<ModelRegistry>();
        await models.LoadAllAsync(Token);
        var resources = services.GetRequiredService<EngineResources>();
        var request = TinyEngine.Request(models.Get("sized"), TinyEngine.MakePhoto(64, 64), ComputeBudgetParser.Parse(budget));
        var alone = await DecideAsync();
        ComputeDecision crowded;
        using (resources.Admission.Admit(TimeSpan.Zero))
        {
            time.Advance(TimeSpan.FromMilliseconds(501));
            crowded = await DecideAsync();
        }

        Assert.Equal((size, depth, reason), (crowded.Point.Size, crowded.Point.Depth, crowded.Reason));
        Assert.Equal(reason == ComputeReason.Brownout, resources.Brownout.IsActive);
        Assert.NotEqual(ComputeReason.Brownout, alone.Reason);
        Assert.Equal(alone, await DecideAsync()); // no state is left

        async Task<ComputeDecision> DecideAsync() => (await services.GetRequiredService<SegmentationPipeline>().SegmentAsync(request, Token)).Compute.Decision;
    }

    [Fact]
    public async Task SegmentAsync_QueueIsLongerThanAllowed_IsRefusedBeforeAnyWork()
    {
        await using var services = TinyEngine.Compose(Path.GetDirectoryName(engine.ModelFolder)!, scheduling: new SchedulingOptions { MaxQueueMilliseconds = 800 });
        var models = services.GetRequiredService<ModelRegistry>();
        await models.LoadAllAsync(Token);
        var admission = services.GetRequiredService<EngineResources>().Admission;
        var (model, pipeline) = (models.Get("sized"), services.GetRequiredService<SegmentationPipeline>());
        for (var i = 0; i < 100; i++)
        {
            // The smallest size takes 300 ms, the others for ever: what counts is the cheapest allowed point.
            Learn(SizedModel.Smallest, 300);
            Learn(SizedModel.Own, 1e9);
            Learn(SizedModel.Largest, 1e9);
        }

        using (admission.Admit(TimeSpan.FromMilliseconds(450)))
        {
            await SegmentAsync("");
            Assert.Equal(SegmentationError.Overloaded, (await Assert.ThrowsAsync<SegmentationException>(() => SegmentAsync("size=96"))).Error);
        }

        await SegmentAsync("size=96, depth=3"); // alone

        Task SegmentAsync(string budget) => pipeline.SegmentAsync(TinyEngine.Request(model, TinyEngine.MakePhoto(64, 64), ComputeBudgetParser.Parse(budget)), Token);

        void Learn(int edge, double stem) => model.Latency.Learn(new LatencyKey(new InputSize(edge, edge), 64 * 64, SegmentationTasks.Panoptic), (1, null), new StageTimes { Stem = stem });
    }

    [Fact]
    public void ModelBudget_SizeThatIsNone_NamesTheList() => Assert.Contains(
        "32, 64, 96",
        Assert.Throws<SegmentationException>(() => ModelBudget.For(new ComputeBudget { Size = 100 }, engine.Model.Manifest)).Message,
        StringComparison.Ordinal);

    [Fact]
    public async Task WarmUpAsync_MeasuresWhatIsUnusualOnceModelsAreReady()
    {
        var time = new TickingTime();
        await using var services = TinyEngine.Compose(Path.GetDirectoryName(engine.ModelFolder)!, time: time);
        var models = services.GetRequiredService<ModelRegistry>();
        await models.LoadAllAsync(Token);
        var model = models.Get("sized");
        var large = new LatencyKey(InputSize.For(400, 300, model.Manifest.PreprocessingAt(SizedModel.Largest)), 400 * 300, SegmentationTasks.Panoptic);
        var (scaled, isWarm) = (Stem(), models.IsWarm); // by its pixels, from the own size

        await models.WarmUpAsync(Token);

        Assert.False(isWarm);
        Assert.True(models.IsWarm);
        Assert.Equal(TickingTime.Step.TotalMilliseconds, Stem());
        Assert.True(scaled > TickingTime.Step.TotalMilliseconds);

        double Stem() => model.Latency.Estimate(large)!.At(new ComputePoint(SizedModel.Largest, large.Input, 1, model.Manifest.MaxDecoderDepth)).Stem!.Value;
    }

    private ImageTensor Tensor(InputSize input) =>
        ImagePreprocessor.ToTensor(ImageDecoder.Decode(TinyEngine.MakePhoto(64, 64), new ImageLimits(), Token), engine.Model.Manifest.Preprocessing, input);
}
