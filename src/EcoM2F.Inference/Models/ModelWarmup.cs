using EcoM2F.Inference.Imaging;
using EcoM2F.Inference.Pipeline;

namespace EcoM2F.Inference.Models;

/// <summary>Runs a model once at its usual input sizes and every exit, so that the first request is as fast as the next and deadlines can be predicted.</summary>
internal static class ModelWarmup
{
    /// <summary>Aspect ratios of cameras and screens, and the square.</summary>
    private static readonly (int Width, int Height)[] UsualImages =
        [(4000, 3000), (3000, 4000), (3000, 2000), (2000, 3000), (1000, 1000), (1920, 1080), (1080, 1920)];

    public static void Run(LoadedModel model, TimeProvider time, CancellationToken cancellationToken)
    {
        var sizes = UsualImages.Select(image => InputSize.For(image.Width, image.Height, model.Manifest.Preprocessing)).Distinct();
        foreach (var size in sizes)
        {
            using var tensor = new ImageTensor(size);
            tensor.Memory.Span.Clear();
            StageLatency? latency = null;
            foreach (var exit in model.Manifest.Exits)
            {
                latency = RunOnce(model, tensor, exit, time, cancellationToken);
            }

            // The last was the deepest exit, after everything had run once.
            model.Latency.Learn(size.Height, size.Width, latency!, (long)size.Height * size.Width);
        }
    }

    private static StageLatency RunOnce(LoadedModel model, ImageTensor tensor, int exit, TimeProvider time, CancellationToken cancellationToken)
    {
        var watch = new StageWatch(time);
        var plan = SegmentationPlan.Create(new SegmentationRequest { Image = default, Budget = new() { Depth = exit } }, model);
        using var run = DeviceRun.Execute(model, tensor, plan, null, watch, cancellationToken);
        return watch.ToLatency(exit);
    }
}
