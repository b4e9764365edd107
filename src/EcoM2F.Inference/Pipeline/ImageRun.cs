using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Imaging;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Requests;
using EcoM2F.Inference.Scheduling;

namespace EcoM2F.Inference.Pipeline;

/// <summary>
/// One admitted image, from its bytes to the model's output: decoding, the input tensor, the device, and where the gate chooses another size, that
/// size's tensor from the same decoded pixels and the device again. The pixels are kept no longer than until then, and only where there is a choice.
/// </summary>
internal sealed class ImageRun(SegmentationRequest request, ImageHeader header, AllowedPoints allowed, StageWatch watch)
{
    private LoadedModel Model => request.Model;

    /// <summary>What was chosen; null before that.</summary>
    public ComputeDecision? Decision { get; private set; }

    /// <summary>Times of the stages until the choice; null before that.</summary>
    public StageTimes? Probed { get; private set; }

    /// <param name="choose">Chooses the point from the gate's scores, on the device's thread.</param>
    /// <param name="predict">Time that a point is expected to take on the device, with the stem of a probe.</param>
    /// <returns>Owned by the caller.</returns>
    public async Task<ModelOutput> RunAsync(
        (HostWork Host, DeviceWorker Device) engine, Func<float[], ComputeDecision> choose, Func<ComputePoint, InputSize?, TimeSpan> predict, CancellationToken cancellationToken)
    {
        using var memory = await engine.Host.TakeMemoryAsync(PixelMemory.ToWorkOn(header), cancellationToken).ConfigureAwait(false);
        var (tensor, pixels) = await engine.Host.RunAsync(() => watch.Measure(Stage.Decode, () => Decode(cancellationToken)), cancellationToken).ConfigureAwait(false);
        memory.ShrinkTo(pixels is null ? 0 : PixelMemory.ToKeep(header));
        ImageJob job;
        using (tensor)
        {
            job = new ImageJob(Model, tensor, allowed.Gate, Choose, watch, predict(allowed.Dearest, allowed.First), cancellationToken) { Urgency = request.Urgency };
            if (await engine.Device.RunAsync(job, job.Task).ConfigureAwait(false) is { } output)
            {
                return output;
            }
        }

        var chosen = Decision!;
        using var other = await engine.Host.RunAsync(() => watch.Measure(Stage.Decode, () => Resize(pixels!, chosen.Point.Input)), cancellationToken).ConfigureAwait(false);
        memory.Dispose();
        pixels = null;
        var rest = new ImageJob(Model, other, gate: null, _ => chosen, watch, predict(chosen.Point, null), cancellationToken);
        return (await engine.Device.RunAsync(rest, rest.Task, resumes: job).ConfigureAwait(false))!;

        ComputeDecision Choose(float[] scores)
        {
            Probed = watch.Times;
            Decision = choose(scores);
            if (Decision.Point.Input == allowed.First)
            {
                pixels = null;
                memory.Dispose();
            }

            return Decision;
        }
    }

    private (ImageTensor Tensor, DecodedImage? Pixels) Decode(CancellationToken cancellationToken)
    {
        var pixels = ImageDecoder.Decode(request.Image, header, cancellationToken);
        return (Resize(pixels, allowed.First), allowed.IsOpen ? pixels : null);
    }

    private ImageTensor Resize(DecodedImage pixels, InputSize input) => ImagePreprocessor.ToTensor(pixels, Model.Manifest.Preprocessing, input);
}
