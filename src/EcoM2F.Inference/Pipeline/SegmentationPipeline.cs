using EcoM2F.Inference.Depth;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Imaging;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Observability;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Scheduling;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EcoM2F.Inference.Pipeline;

/// <summary>
/// An image's way from bytes to masks or boxes. Thread-safe; every call is one image.
/// <list type="number">
/// <item>The model, and what the budget means to it.</item>
/// <item>The image's header: format, limits, the model input's size.</item>
/// <item>The deadline: refused at once where it cannot be met.</item>
/// <item>Decoding, upright and in sRGB; resizing and normalising into the input tensor.</item>
/// <item>The queue of the device.</item>
/// <item>On the device: stem, gate, choice of depth, encoder of that depth, decoder.</item>
/// <item>Masks or boxes at the size of the image, and what the caller makes of them.</item>
/// <item>The account: what it cost, into metrics and log.</item>
/// </list>
/// </summary>
public sealed class SegmentationPipeline
{
    private readonly ModelRegistry _models;
    private readonly DeviceWorker _device;
    private readonly HostWork _host;
    private readonly ImageLimits _limits;
    private readonly InferenceMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    public SegmentationPipeline(ModelRegistry models, EngineResources resources, InferenceMetrics metrics, IOptions<ImageLimits> limits, ILogger<SegmentationPipeline> logger)
    {
        _models = models;
        (_device, _host, _time) = (resources.Device, resources.Host, resources.Time);
        _metrics = metrics;
        _limits = limits.Value;
        _logger = logger;
    }

    /// <exception cref="SegmentationException">The request is wrong, refused, or failed; says which.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/>: the client left.</exception>
    public Task<SegmentationResult> SegmentAsync(SegmentationRequest request, CancellationToken cancellationToken) =>
        SegmentAsync(request, static result => result, cancellationToken);

    /// <param name="encode">
    /// Makes an answer of the result while its share of the host is still held: the maps of a large image are hundreds of
    /// megabytes, and only as many of them may be alive as the host has slots. Must not keep the result.
    /// </param>
    /// <exception cref="SegmentationException">The request is wrong, refused, or failed; says which.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/>: the client left.</exception>
    public async Task<T> SegmentAsync<T>(SegmentationRequest request, Func<SegmentationResult, T> encode, CancellationToken cancellationToken)
    {
        try
        {
            return await SegmentOneAsync(request, encode, cancellationToken).ConfigureAwait(false);
        }
        catch (SegmentationException exception) when (exception is { Error: SegmentationError.BadImage or SegmentationError.UnsupportedFormat, InnerException: { } reason })
        {
            ImagingLog.NotDecoded(_logger, reason);
            throw;
        }
    }

    private async Task<T> SegmentOneAsync<T>(SegmentationRequest request, Func<SegmentationResult, T> encode, CancellationToken cancellationToken)
    {
        var received = request.ReceivedTimestamp ?? _time.GetTimestamp();
        var watch = new StageWatch(_time);

        // 1. The model, and what the request means to it.
        var model = _models.Get(request.Model);
        var plan = SegmentationPlan.Create(request, model);

        // 2. The image's header: nothing is decoded that is over a limit.
        var header = ImageDecoder.ReadHeader(request.Image, _limits);
        var size = InputSize.For(header.Width, header.Height, model.Manifest.Preprocessing);
        var shallowest = model.Depths.ShallowestAllowed(request.Budget, size.Height, size.Width);

        // 3. The deadline: refused at once where the measured cost says that it cannot be met, but for one now and then that shows whether this still holds.
        using var deadline = new RequestDeadline(_time, received, request.Budget.Deadline, cancellationToken);
        var kind = new ImageKind(size.Height, size.Width, header.Pixels);
        var tasks = plan.Postprocessing.Tasks;
        var latency = model.Latency.At(kind, tasks);
        var isProbe = deadline.IsTooShortFor(latency?.Total(shallowest));
        if (isProbe && !model.Latency.TryProbe(kind, tasks))
        {
            throw deadline.TooShort(latency!.Total(shallowest));
        }

        // A place is kept from here on: nothing is decoded that would be refused afterwards.
        using var place = _device.Reserve();
        try
        {
            // 4. Decoding, upright and in sRGB; resizing and normalising into the input tensor.
            using var tensor = await _host.RunAsync(() => watch.Measure(Stages.Decode, () => Prepare(request, model, deadline.Token)), deadline.Token).ConfigureAwait(false);

            // 5. The queue of the device.
            var predicted = latency?.Device(model.Depths.DeepestAllowed(request.Budget, size.Height, size.Width)) ?? TimeSpan.Zero;
            var queued = _time.GetTimestamp();
            using var run = await _device.RunAsync(
                token =>
                {
                    watch.Add(Stages.Queue, _time.GetElapsedTime(queued));

                    // 6. On the device: stem, gate, choice of depth, encoder of that depth, decoder.
                    return DeviceRun.Execute(model, tensor, plan, isProbe ? depth => depth <= shallowest : deadline.FitCheck(latency), watch, token);
                },
                predicted,
                deadline.Token).ConfigureAwait(false);

            // 7. Masks or boxes at the size of the image, and what the caller makes of them.
            var geometry = ImageGeometry.Unpadded(size.Height, size.Width, header.Height, header.Width);
            var (answer, compute) = await _host.RunAsync(
                () =>
                {
                    var found = watch.Measure(Stages.Mask, () => run.Postprocess(geometry, plan.Postprocessing, deadline.Token));
                    var result = new SegmentationResult
                    {
                        Model = plan.Model,
                        Width = header.Width,
                        Height = header.Height,
                        Compute = Count(model, run, size, watch),
                        Panoptic = found.Panoptic,
                        Instances = found.Instances,
                        Semantic = found.Semantic,
                        Detections = found.Detections,

                        // Decoded again for an overlay: cheaper than holding the pixels of every image that waits.
                        Pixels = request.WithPixels ? ImageDecoder.Decode(request.Image, _limits, deadline.Token).Pixels : default(ReadOnlyMemory<byte>),
                    };
                    return (encode(result), result.Compute);
                },
                deadline.Token).ConfigureAwait(false);
            deadline.Token.ThrowIfCancellationRequested();

            // 8. The account: what it cost, into metrics and log.
            var measured = watch.ToLatency(compute.Decision.Depth);
            model.Latency.Learn(kind, tasks, measured);
            Account(model, compute, size, latency, measured);
            return answer;
        }
        catch (OperationCanceledException) when (deadline.HasPassed)
        {
            LearnOfCut();
            throw deadline.Passed();
        }
        catch (SegmentationException exception) when (exception.Error == SegmentationError.DeadlineExceeded)
        {
            LearnOfCut();
            throw;
        }

        void LearnOfCut()
        {
            if (latency is not null && watch.ToLatencyOfCut(latency) is { } cut)
            {
                model.Latency.LearnOfCut(kind, tasks, cut);
            }
        }
    }

    private ImageTensor Prepare(SegmentationRequest request, LoadedModel model, CancellationToken cancellationToken) =>
        ImagePreprocessor.ToTensor(ImageDecoder.Decode(request.Image, _limits, cancellationToken), model.Manifest.Preprocessing);

    private static ComputeUsed Count(LoadedModel model, DeviceRun run, InputSize size, StageWatch watch)
    {
        var cost = model.Costs.At(size.Height, size.Width);
        var (gmacs, full) = (cost.At(run.Decision.Depth), cost.At(model.Manifest.MaxDepth));
        return new ComputeUsed(run.Decision, model.Manifest.MaxDepth, gmacs, 1 - (gmacs / full), watch.Times);
    }

    private void Account(LoadedModel model, ComputeUsed compute, InputSize size, StageLatency? expected, StageLatency measured)
    {
        var depth = compute.Decision.Depth;
        _metrics.ReportServed(model.Manifest, compute, model.Costs.At(size.Height, size.Width).At(model.Manifest.MaxDepth));
        if (expected is not null)
        {
            _metrics.ReportDevice(model.Manifest, measured.Device(depth), expected.Device(depth));
        }

        PipelineLog.Served(_logger, model.Manifest.Name, depth, model.Manifest.MaxDepth, compute.Decision.Reason.ToName(), compute.Gmacs, measured.Total(depth).TotalMilliseconds);
    }
}
