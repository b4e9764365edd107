using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Imaging;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Inference.Tests.Pipeline;

/// <summary>Images that run through the stages together, as a device with a larger batch would have them.</summary>
public sealed class StageBatchTests(TinyEngine engine) : IClassFixture<TinyEngine>
{
    /// <summary>Another batch size sums in another order; logits are below 20.</summary>
    private const double Tolerance = 5e-4;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Run_TwoImages_GiveWhatEachGivesAlone(int depth)
    {
        using var images = new Images(engine, depth);
        var alone = new List<(float[] Classes, float[] Masks, int[] Ids)>();
        for (var i = 0; i < 2; i++)
        {
            using var output = await RunAsync(images.Job(i, Token));
            alone.Add((output.Decoder.ClassLogits.ToArray(), output.Decoder.MaskLogits.ToArray(), images.Segment(output)));
        }

        ImageJob[] batch = [images.Job(0, Token), images.Job(1, Token)];
        while (!batch[0].IsDone)
        {
            Assert.Equal(batch[0].Next, batch[1].Next);
            batch[0].Run(batch);
        }

        Assert.NotEqual(alone[0].Masks, alone[1].Masks);
        for (var i = 0; i < 2; i++)
        {
            using var output = (await batch[i].Task)!;
            Assert.Equal(1, output.Decoder.Batch);
            AssertNear(alone[i].Classes, output.Decoder.ClassLogits.ToArray());
            AssertNear(alone[i].Masks, output.Decoder.MaskLogits.ToArray());
            var equal = alone[i].Ids.Zip(images.Segment(output)).Count(static pair => pair.First == pair.Second);
            Assert.InRange(equal, 0.999 * alone[i].Ids.Length, alone[i].Ids.Length);
        }
    }

    [Fact]
    public async Task Run_OneOfTwoLeaves_TheOtherGoesOn()
    {
        using var images = new Images(engine, depth: 2);
        using var expected = await RunAsync(images.Job(0, Token));
        using var client = new CancellationTokenSource();
        ImageJob[] batch = [images.Job(0, Token), images.Job(1, client.Token)];
        batch[0].Run(batch); // stem
        batch[0].Run(batch); // gate
        await client.CancelAsync();
        batch[0].Run(batch); // encoder: one of them is not wanted any more, the native run is
        batch[1].Abandon(null); // as the worker drops it

        using var output = await RunAsync(batch[0]);

        AssertNear(expected.Decoder.MaskLogits.ToArray(), output.Decoder.MaskLogits.ToArray());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => batch[1].Task);
    }

    [Fact]
    public async Task Run_AllLeave_TheRunIsStopped()
    {
        using var images = new Images(engine, depth: 2);
        using var client = new CancellationTokenSource();
        ImageJob[] batch = [images.Job(0, client.Token), images.Job(1, client.Token)];
        await client.CancelAsync();

        batch[0].Run(batch);

        Assert.All(batch, static job => Assert.True(job.Task.IsCanceled));
    }

    private static async Task<ModelOutput> RunAsync(ImageJob job)
    {
        while (!job.IsDone)
        {
            job.Run([job]);
        }

        return (await job.Task)!;
    }

    private static void AssertNear(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), static pair => Assert.InRange(pair.Second, pair.First - Tolerance, pair.First + Tolerance));
    }

    /// <summary>Two images of one size, prepared; owns their tensors.</summary>
    private sealed class Images(TinyEngine engine, int depth) : IDisposable
    {
        private readonly LoadedModel _model = engine.Models.Get("tiny");
        private readonly ImageTensor[] _tensors = [.. Enumerable.Range(0, 2).Select(seed =>
            ImagePreprocessor.ToTensor(ImageDecoder.Decode(TinyEngine.MakePhoto(96, 64, seed), new ImageLimits(), Token), engine.Models.Get("tiny").Manifest.Preprocessing))];

        public ImageJob Job(int image, CancellationToken cancellationToken)
        {
            var decision = new ComputeDecision(new ComputePoint(64, _tensors[image].Size, depth), ComputeReason.Forced);
            return new ImageJob(_model, _tensors[image], "balanced", _ => decision, new StageWatch(TimeProvider.System), TimeSpan.Zero, cancellationToken);
        }

        /// <summary>Segment ids of the whole image.</summary>
        public int[] Segment(ModelOutput output)
        {
            var parameters = PostprocessingParameters.For(_model.Manifest, SegmentationTasks.Panoptic) with { ScoreThreshold = 0, OverlapThreshold = 0 };
            return output.Postprocess(64, 96, parameters, Token).Panoptic!.Ids;
        }

        public void Dispose() => Array.ForEach(_tensors, static tensor => tensor.Dispose());
    }
}
