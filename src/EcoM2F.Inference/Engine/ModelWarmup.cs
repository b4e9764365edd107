using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Imaging;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Requests;
using EcoM2F.Inference.Results;

namespace EcoM2F.Inference.Engine;

/// <summary>Runs a model once at its usual input sizes, every exit and every task, so that the first request is as fast as the next and deadlines can be predicted.</summary>
internal static class ModelWarmup
{
    /// <summary>Aspect ratios of cameras and screens, and the square.</summary>
    private static readonly (int Width, int Height)[] UsualImages =
        [(4000, 3000), (3000, 4000), (3000, 2000), (2000, 3000), (1000, 1000), (1920, 1080), (1080, 1920)];

    /// <summary>How much larger a photo is than the model's input, each way; a camera's are larger still, but cost the same per pixel.</summary>
    private const int PhotoScale = 2;

    public static void Run(LoadedModel model, TimeProvider time, CancellationToken cancellationToken)
    {
        var tasks = TaskNames.DefaultOf(model.Manifest);
        var sizes = UsualImages.Select(image => InputSize.For(image.Width, image.Height, model.Manifest.Preprocessing)).Distinct().ToList();
        foreach (var size in sizes)
        {
            // Every exit once; at further sizes the two ends. The last is the deepest, after everything has run once.
            IEnumerable<int> exits = size == sizes[0] ? model.Manifest.Exits : [model.Manifest.Exits[0], model.Manifest.MaxDepth];
            var photo = Photo(size);
            model.Latency.Learn(Kind(photo, size), tasks, exits.Select(exit => RunOnce(model, photo, exit, tasks, time, cancellationToken)).Last());
        }

        // What the model does beside, whose masks take another time. The first run of a procedure is slower than the next.
        foreach (var other in TaskNames.Of(model.Manifest).ToNames().Select(TaskNames.Parse).Where(other => other != tasks))
        {
            var photo = Photo(sizes[0]);
            RunOnce(model, photo, model.Manifest.Exits[0], other, time, cancellationToken);
            model.Latency.LearnMask(Kind(photo, sizes[0]), other, RunOnce(model, photo, model.Manifest.Exits[0], other, time, cancellationToken).Mask);
        }
    }

    private static ImageKind Kind(DecodedImage photo, InputSize size) => new(size.Height, size.Width, (long)photo.Height * photo.Width);

    private static DecodedImage Photo(InputSize size) =>
        new(size.Width * PhotoScale, size.Height * PhotoScale, new byte[3 * PhotoScale * size.Height * PhotoScale * size.Width]);

    /// <summary>An image's whole way but for its decoding.</summary>
    private static StageLatency RunOnce(LoadedModel model, DecodedImage photo, int exit, SegmentationTasks tasks, TimeProvider time, CancellationToken cancellationToken)
    {
        var watch = new StageWatch(time);
        var plan = SegmentationPlan.Create(new SegmentationRequest { Image = default, Tasks = tasks, Budget = new() { Depth = exit } }, model);
        using var tensor = watch.Measure(Stages.Decode, () => ImagePreprocessor.ToTensor(photo, model.Manifest.Preprocessing));
        using var run = DeviceRun.Execute(model, tensor, plan, null, watch, cancellationToken);
        var geometry = ImageGeometry.Unpadded(tensor.Size.Height, tensor.Size.Width, photo.Height, photo.Width);
        watch.Measure(Stages.Mask, () => run.Postprocess(geometry, plan.Postprocessing, cancellationToken));
        return watch.ToLatency(exit);
    }
}
