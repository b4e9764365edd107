using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Imaging;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Scheduling;

namespace EcoM2F.Inference.Engine;

/// <summary>
/// Runs a model at its usual inputs, every size, exit, decoder exit and task, so that the first request is as fast as the next and deadlines can be
/// predicted; and measures how many images it pays to run together, where batches are made. A service is ready after the most usual input; the others follow where no
/// image waits.
/// </summary>
internal sealed class ModelWarmup(LoadedModel model, DeviceWorker device)
{
    /// <summary>Aspect ratios of cameras and screens, and the square. The first is the most usual.</summary>
    private static readonly (int Width, int Height)[] UsualImages =
        [(4000, 3000), (3000, 4000), (3000, 2000), (2000, 3000), (1000, 1000), (1920, 1080), (1080, 1920)];

    /// <summary>How many times larger a photo is than the model's input, per side; cameras' photos are larger still, but cost the same per pixel.</summary>
    private const int PhotoScale = 2;

    /// <summary>How many of them sizes other than the model's own run at; the other inputs' times follow from these by their pixels.</summary>
    private const int ImagesOfOtherSizes = 2;

    private readonly SegmentationTasks _tasks = TaskNames.DefaultOf(model.Manifest);

    private InputSize MostUsual => Inputs(model.Manifest.OwnSize, 1).First();

    /// <summary>
    /// The most usual input, first at the shallowest exit and then at full depth, which counts: what other points and inputs take follows from it until
    /// they have run. And parts of decoders and batches, which cannot be measured any more where images are decoded beside them.
    /// </summary>
    /// <exception cref="SegmentationException">The model failed.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task RunUsualAsync(CancellationToken cancellationToken)
    {
        await LearnWarmAsync(MostUsual, cancellationToken).ConfigureAwait(false);
        await RunCutDecodersAsync(cancellationToken).ConfigureAwait(false);

        // The range of an 8-bit product's input is that of the whole batch: images together would change each other's results.
        var maxBatch = model.Precision == GraphPrecisions.EightBits ? 1 : device.MaxBatch;
        await BatchMeasurement.RunAsync(model, device, Inputs(model.Manifest.ShortestEdges[0], 1).First(), maxBatch, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Everything else, as work that gives way to images.</summary>
    /// <exception cref="SegmentationException">The model failed, or the device stops.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task RunRestAsync(CancellationToken cancellationToken)
    {
        // The exits between the two ends, which have run; at further inputs the ends alone.
        foreach (var exit in model.Manifest.Exits.Skip(1).SkipLast(1))
        {
            await LearnAsync(MostUsual, exit, cancellationToken).ConfigureAwait(false);
        }

        var others = model.Manifest.ShortestEdges.Where(size => size != model.Manifest.OwnSize).SelectMany(size => Inputs(size, ImagesOfOtherSizes));
        foreach (var input in Inputs(model.Manifest.OwnSize, UsualImages.Length).Skip(1).Union(others))
        {
            await LearnWarmAsync(input, cancellationToken).ConfigureAwait(false);
        }

        // The model's other tasks, whose masks take a different time.
        foreach (var other in TaskNames.Of(model.Manifest).ToNames().Select(TaskNames.Parse).Where(other => other != _tasks))
        {
            var masks = await RunTwiceAsync(other, model.Manifest.MaxDecoderDepth, cancellationToken).ConfigureAwait(false);
            model.Latency.LearnMask(Key(Photo(MostUsual), MostUsual, other), masks.Mask ?? 0);
        }
    }

    /// <summary>At full depth, after a run at the shallowest exit: an input's first run is slower than those that follow.</summary>
    private async Task LearnWarmAsync(InputSize input, CancellationToken cancellationToken)
    {
        await RunOnceAsync(Photo(input), input, (model.Manifest.Exits[0], model.Manifest.MaxDecoderDepth), _tasks, cancellationToken).ConfigureAwait(false);
        await LearnAsync(input, model.Manifest.MaxDepth, cancellationToken).ConfigureAwait(false);
    }

    private async Task LearnAsync(InputSize input, int exit, CancellationToken cancellationToken)
    {
        var (photo, depth) = (Photo(input), (exit, model.Manifest.MaxDecoderDepth));
        var times = await RunOnceAsync(photo, input, depth, _tasks, cancellationToken).ConfigureAwait(false);
        model.Latency.Learn(Key(photo, input, _tasks), depth, times);
    }

    /// <summary>Every decoder exit below the whole decoder, beside that: what part of its time they take.</summary>
    private async Task RunCutDecodersAsync(CancellationToken cancellationToken)
    {
        if (model.Manifest.DecoderExits is not { } exits)
        {
            return;
        }

        var whole = await RunTwiceAsync(_tasks, model.Manifest.MaxDecoderDepth, cancellationToken).ConfigureAwait(false);
        foreach (var exit in exits.SkipLast(1))
        {
            var cut = await RunTwiceAsync(_tasks, exit, cancellationToken).ConfigureAwait(false);
            model.Latency.SetDecoderShare(exit, Math.Min(1, cut.Decoder!.Value / whole.Decoder!.Value));
        }
    }

    /// <summary>At the most usual input and the shallowest exit. The first run of a graph, or of a procedure, is slower than the second, which counts.</summary>
    private async Task<StageTimes> RunTwiceAsync(SegmentationTasks tasks, int? decoder, CancellationToken cancellationToken)
    {
        var (photo, point) = (Photo(MostUsual), (model.Manifest.Exits[0], decoder));
        await RunOnceAsync(photo, MostUsual, point, tasks, cancellationToken).ConfigureAwait(false);
        return await RunOnceAsync(photo, MostUsual, point, tasks, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Everything that is done for an image, except decoding; on the device stage by stage, each where no image waits.</summary>
    /// <param name="depth">Encoder and decoder layers.</param>
    private async Task<StageTimes> RunOnceAsync(DecodedImage photo, InputSize input, (int Encoder, int? Decoder) depth, SegmentationTasks tasks, CancellationToken cancellationToken)
    {
        var watch = new StageWatch(model.Time);
        using var tensor = watch.Measure(Stage.Decode, () => ImagePreprocessor.ToTensor(photo, model.Manifest.Preprocessing, input));
        var decision = new ComputeDecision(new ComputePoint(model.Manifest.OwnSize, tensor.Size, depth.Encoder, depth.Decoder), ComputeReason.Forced);
        var job = new ImageJob(model, tensor, gate: null, _ => decision, watch, TimeSpan.Zero, cancellationToken) { Urgency = JobQueue.Idle };
        using var output = await device.RunAsync(job, job.Task).ConfigureAwait(false);
        watch.Measure(Stage.Mask, () => output!.Postprocess(photo.Height, photo.Width, PostprocessingParameters.For(model.Manifest, tasks), cancellationToken));
        return watch.Times;
    }

    /// <summary>What usual images become at one of the model's sizes.</summary>
    private IEnumerable<InputSize> Inputs(int size, int images) =>
        UsualImages.Take(images).Select(image => InputSize.For(image.Width, image.Height, model.Manifest.PreprocessingAt(size))).Distinct();

    private static LatencyKey Key(DecodedImage photo, InputSize size, SegmentationTasks tasks) => new(size, (long)photo.Height * photo.Width, tasks);

    private static DecodedImage Photo(InputSize size) =>
        new(size.Width * PhotoScale, size.Height * PhotoScale, new byte[3 * PhotoScale * size.Height * PhotoScale * size.Width]);
}
