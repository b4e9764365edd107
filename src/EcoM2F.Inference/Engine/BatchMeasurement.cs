using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Imaging;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Scheduling;

namespace EcoM2F.Inference.Engine;

/// <summary>Measures at warm-up how many images it pays to run together, with images of the model's smallest size at its shallowest exit, where more pay soonest.</summary>
internal static class BatchMeasurement
{
    /// <summary>The faster of two runs counts: the first of a batch's size also allocates.</summary>
    private const int Runs = 2;

    private static readonly Stage[] Measured = [Stage.Stem, Stage.Encoder, Stage.Decoder];

    /// <summary>Runs 1, 2, 4... images together, until no stage gains or the device has no memory for more. No images may be in progress: their decoding would take part of the cores.</summary>
    /// <param name="most">Images; below 2 nothing is measured.</param>
    /// <exception cref="SegmentationException">One image alone failed, or the device stops.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public static async Task RunAsync(LoadedModel model, DeviceWorker device, InputSize input, int most, CancellationToken cancellationToken)
    {
        if (most < 2)
        {
            return;
        }

        using var tensor = ImagePreprocessor.ToTensor(new DecodedImage(input.Width, input.Height, new byte[3 * input.Width * input.Height]), model.Manifest.Preprocessing, input);
        for (var images = 1; images <= most && await TryRunAsync(model, device, tensor, images, cancellationToken).ConfigureAwait(false) is { } times; images *= 2)
        {
            var gained = Measured.Count(stage => model.Batches.Add(stage, images, times[stage] ?? 0)); // each stage by itself
            if (gained == 0)
            {
                return;
            }
        }
    }

    /// <returns>Milliseconds of each stage per image; null where so many do not fit.</returns>
    private static async Task<StageTimes?> TryRunAsync(LoadedModel model, DeviceWorker device, ImageTensor tensor, int images, CancellationToken cancellationToken)
    {
        try
        {
            var runs = new List<StageTimes>();
            for (var run = 0; run < Runs; run++)
            {
                var job = new ExclusiveJob<StageTimes>(token => RunOnce(model, tensor, images, token), TimeSpan.Zero, cancellationToken) { Urgency = JobQueue.Idle };
                runs.Add(await device.RunAsync(job, job.Task).ConfigureAwait(false));
            }

            return runs[0].Map((stage, first) => runs.Min(run => run[stage] ?? first));
        }
        catch (SegmentationException failure) when (failure.Error == SegmentationError.ModelFailed && images > 1)
        {
            return null;
        }
    }

    private static StageTimes RunOnce(LoadedModel model, ImageTensor tensor, int images, CancellationToken cancellationToken)
    {
        var decision = new ComputeDecision(new ComputePoint(model.Manifest.ShortestEdges[0], tensor.Size, model.Manifest.Exits[0], model.Manifest.MaxDecoderDepth), ComputeReason.Forced);
        var watch = new StageWatch(model.Time);
        DeviceJob[] batch = [.. Enumerable.Range(0, images).Select(i =>
            new ImageJob(model, tensor, gate: null, _ => decision, i == 0 ? watch : new StageWatch(model.Time), TimeSpan.Zero, cancellationToken))];
        while (!batch[0].IsDone)
        {
            batch[0].Run(batch);
        }

        foreach (var job in batch.Cast<ImageJob>())
        {
            job.Task.GetAwaiter().GetResult()!.Dispose();
        }

        return watch.Times;
    }
}
