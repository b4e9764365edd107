using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Imaging;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Inference.Engine;

/// <summary>
/// Runs a model once at its usual inputs, every size, exit, decoder exit and task, so that the first request is as fast as the next and deadlines can be
/// predicted; and measures how many images it pays to run together. Runs on the caller's thread, which must have the device to itself.
/// </summary>
internal static class ModelWarmup
{
    /// <summary>Aspect ratios of cameras and screens, and the square.</summary>
    private static readonly (int Width, int Height)[] UsualImages =
        [(4000, 3000), (3000, 4000), (3000, 2000), (2000, 3000), (1000, 1000), (1920, 1080), (1080, 1920)];

    /// <summary>How many times larger a photo is than the model's input, per side; cameras' photos are larger still, but cost the same per pixel.</summary>
    private const int PhotoScale = 2;

    /// <summary>How many of them sizes other than the model's own run at; the other inputs' times follow from these by their pixels.</summary>
    private const int ImagesOfOtherSizes = 2;

    /// <param name="maxBatch">Most images that may run through a stage together.</param>
    public static void Run(LoadedModel model, int maxBatch, CancellationToken cancellationToken)
    {
        var tasks = TaskNames.DefaultOf(model.Manifest);
        var inputs = Inputs(model.Manifest, model.Manifest.OwnSize, UsualImages.Length).ToList();
        var others = model.Manifest.ShortestEdges.Where(size => size != model.Manifest.OwnSize).SelectMany(size => Inputs(model.Manifest, size, ImagesOfOtherSizes));
        foreach (var input in inputs.Union(others))
        {
            // Every exit once; at further inputs the two ends. The last is the deepest, after everything has run once.
            IEnumerable<int> exits = input == inputs[0] ? model.Manifest.Exits : [model.Manifest.Exits[0], model.Manifest.MaxDepth];
            var photo = Photo(input);
            var deepest = exits.Select(exit => RunOnce(model, (photo, input), exit, tasks, cancellationToken)).Last();
            model.Latency.Learn(Key(photo, input, tasks), (model.Manifest.MaxDepth, model.Manifest.MaxDecoderDepth), deepest);
        }

        RunCutDecoders(model, inputs[0], tasks, cancellationToken);

        // The model's other tasks, whose masks take a different time. The first run of a procedure is slower than the second.
        foreach (var other in TaskNames.Of(model.Manifest).ToNames().Select(TaskNames.Parse).Where(other => other != tasks))
        {
            var photo = Photo(inputs[0]);
            RunOnce(model, (photo, inputs[0]), model.Manifest.Exits[0], other, cancellationToken);
            var second = RunOnce(model, (photo, inputs[0]), model.Manifest.Exits[0], other, cancellationToken);
            model.Latency.LearnMask(Key(photo, inputs[0], other), second.Mask ?? 0);
        }

        BatchMeasurement.Run(model, Inputs(model.Manifest, model.Manifest.ShortestEdges[0], 1).First(), maxBatch, cancellationToken);
    }

    /// <summary>Every decoder exit below the whole decoder, beside that: what part of its time they take.</summary>
    private static void RunCutDecoders(LoadedModel model, InputSize input, SegmentationTasks tasks, CancellationToken cancellationToken)
    {
        if (model.Manifest.DecoderExits is not { } exits)
        {
            return;
        }

        // The first run of a graph is slower than the second.
        var photo = (Photo(input), input);
        double Decoder(int? layers) => Enumerable.Range(0, 2).Select(_ => RunOnce(model, photo, model.Manifest.Exits[0], tasks, cancellationToken, layers)).Last().Decoder!.Value;
        var whole = Decoder(model.Manifest.MaxDecoderDepth);
        foreach (var exit in exits.SkipLast(1))
        {
            model.Latency.SetDecoderShare(exit, Math.Min(1, Decoder(exit) / whole));
        }
    }

    /// <summary>What usual images become at one of the model's sizes.</summary>
    private static IEnumerable<InputSize> Inputs(ModelManifest model, int size, int images) =>
        UsualImages.Take(images).Select(image => InputSize.For(image.Width, image.Height, model.PreprocessingAt(size))).Distinct();

    private static LatencyKey Key(DecodedImage photo, InputSize size, SegmentationTasks tasks) => new(size, (long)photo.Height * photo.Width, tasks);

    private static DecodedImage Photo(InputSize size) =>
        new(size.Width * PhotoScale, size.Height * PhotoScale, new byte[3 * PhotoScale * size.Height * PhotoScale * size.Width]);

    /// <summary>Everything that is done for an image, except decoding.</summary>
    /// <param name="decoder">Decoder layers; null: the whole decoder.</param>
    private static StageTimes RunOnce(
        LoadedModel model, (DecodedImage Pixels, InputSize Input) photo, int exit, SegmentationTasks tasks, CancellationToken cancellationToken, int? decoder = null)
    {
        var watch = new StageWatch(model.Time);
        using var tensor = watch.Measure(Stage.Decode, () => ImagePreprocessor.ToTensor(photo.Pixels, model.Manifest.Preprocessing, photo.Input));
        var decision = new ComputeDecision(new ComputePoint(model.Manifest.OwnSize, tensor.Size, exit, decoder ?? model.Manifest.MaxDecoderDepth), ComputeReason.Forced);
        var job = new ImageJob(model, tensor, gate: null, _ => decision, watch, TimeSpan.Zero, cancellationToken);
        while (!job.IsDone)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                job.Abandon(null);
            }
            else
            {
                job.Run([job]);
            }
        }

        using var output = job.Task.GetAwaiter().GetResult()!;
        watch.Measure(Stage.Mask, () => output.Postprocess(photo.Pixels.Height, photo.Pixels.Width, PostprocessingParameters.For(model.Manifest, tasks), cancellationToken));
        return watch.Times;
    }
}
