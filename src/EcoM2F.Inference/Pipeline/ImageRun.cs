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
/// Where the stem of this image and size is still known (<see cref="StemCache"/>), neither pixels nor stem are needed.
/// </summary>
internal sealed class ImageRun(SegmentationRequest request, ImageHeader header, AllowedPoints allowed, StageWatch watch)
{
    private readonly List<InputSize> _known = [];
    private string? _hash;
    private DecodedImage? _pixels;
    private ByteBudget.Holding? _memory;

    private LoadedModel Model => request.Model;

    /// <summary>What was chosen; null before that.</summary>
    public ComputeDecision? Decision { get; private set; }

    /// <summary>Times of the stages until the choice; null before that.</summary>
    public StageTimes? Probed { get; private set; }

    /// <summary>Inputs whose stem did not run because it was known.</summary>
    public IReadOnlyList<InputSize> Known => _known;

    /// <param name="choose">Chooses the point from the gate's scores, on a thread of the device.</param>
    /// <param name="predict">Time that a point is expected to take on the device, with the stem of a probe.</param>
    /// <returns>Owned by the caller.</returns>
    public async Task<ModelOutput> RunAsync(
        EngineResources engine, Func<float[], ComputeDecision> choose, Func<ComputePoint, InputSize?, TimeSpan> predict, CancellationToken cancellationToken)
    {
        try
        {
            var (output, first) = await RunOnDeviceAsync(engine, new Turn(allowed.First, allowed.Gate, Choose, predict(allowed.Dearest, allowed.First), Resumes: null), cancellationToken).ConfigureAwait(false);
            if (output is not null)
            {
                return output;
            }

            var chosen = Decision!;
            (output, _) = await RunOnDeviceAsync(engine, new Turn(chosen.Point.Input, Gate: null, _ => chosen, predict(chosen.Point, null), first), cancellationToken).ConfigureAwait(false);
            return output!;
        }
        finally
        {
            DropPixels();
        }

        ComputeDecision Choose(float[] scores)
        {
            Probed = watch.Times;
            Decision = choose(scores);
            if (Decision.Point.Input == allowed.First)
            {
                DropPixels();
            }

            return Decision;
        }
    }

    /// <summary>Runs one input on the device, from its known stem or from its tensor, which is kept as long as the device reads it.</summary>
    /// <returns>Null: another input was chosen.</returns>
    private async Task<(ModelOutput? Output, DeviceJob Job)> RunOnDeviceAsync(EngineResources engine, Turn turn, CancellationToken cancellationToken)
    {
        var key = engine.Stems.IsOn ? new StemKey(Model.Sessions, turn.Input, _hash ??= StemCache.HashOf(request.Image)) : default;
        if (engine.Stems.IsOn && engine.Stems.TryTake(key) is { } stem)
        {
            _known.Add(turn.Input);
            return await RunAsync(new ImageJob(Model, stem, turn.Gate, turn.Choose, watch, turn.Predicted, cancellationToken) { Urgency = request.Urgency }).ConfigureAwait(false);
        }

        using var tensor = await PrepareAsync(engine.Host, turn.Input, keep: turn.Resumes is null && allowed.IsOpen, cancellationToken).ConfigureAwait(false);
        return await RunAsync(new ImageJob(Model, tensor, turn.Gate, turn.Choose, watch, turn.Predicted, cancellationToken)
        {
            Urgency = request.Urgency,
            StemIsKnown = engine.Stems.IsOn ? computed => engine.Stems.Add(key, computed) : null,
        }).ConfigureAwait(false);

        async Task<(ModelOutput? Output, DeviceJob Job)> RunAsync(ImageJob job) => (await engine.Device.RunAsync(job, job.Task, turn.Resumes).ConfigureAwait(false), job);
    }

    /// <summary>Makes the tensor of an input, from pixels that were kept where there are some.</summary>
    /// <param name="keep">Whether to keep the pixels for another input.</param>
    /// <returns>Owned by the caller.</returns>
    private async Task<ImageTensor> PrepareAsync(HostWork host, InputSize input, bool keep, CancellationToken cancellationToken)
    {
        _memory ??= await host.TakeMemoryAsync(PixelMemory.ToWorkOn(header.Pixels), cancellationToken).ConfigureAwait(false);
        var tensor = await host.RunAsync(
            () => watch.Measure(Stage.Decode, () =>
            {
                // Taken, so that nobody else gives the memory back while this reads it.
                var pixels = Interlocked.Exchange(ref _pixels, null) ?? ImageDecoder.Decode(request.Image, header, cancellationToken);
                try
                {
                    return host.RunWide(threads => ImagePreprocessor.ToTensor(pixels, Model.Manifest.Preprocessing, input, threads));
                }
                finally
                {
                    if (keep)
                    {
                        Volatile.Write(ref _pixels, pixels);
                    }
                    else
                    {
                        pixels.Dispose();
                    }
                }
            }),
            cancellationToken).ConfigureAwait(false);
        if (keep)
        {
            _memory.ShrinkTo(PixelMemory.ToKeep(header));
        }
        else
        {
            DropPixels();
        }

        return tensor;
    }

    private void DropPixels()
    {
        Interlocked.Exchange(ref _pixels, null)?.Dispose();
        Interlocked.Exchange(ref _memory, null)?.Dispose();
    }

    /// <summary>One input's time on the device.</summary>
    /// <param name="Gate">Profile whose gate runs; null: none.</param>
    /// <param name="Resumes">The job of this image that ran before; null: none.</param>
    private sealed record Turn(InputSize Input, string? Gate, Func<float[], ComputeDecision> Choose, TimeSpan Predicted, DeviceJob? Resumes);
}
