using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Imaging;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Observability;
using EcoM2F.Inference.Requests;
using EcoM2F.Inference.Results;
using EcoM2F.Inference.Scheduling;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EcoM2F.Inference.Pipeline;

/// <summary>
/// Segments one image per call, from encoded bytes to masks or boxes. Thread-safe.
/// <list type="number">
/// <item>The image's header: format, limits, the model input's size.</item>
/// <item>What the budget allows; a deadline that cannot be met is refused at once.</item>
/// <item>Admission: nothing is decoded that would be refused afterwards.</item>
/// <item>Decoding, upright and in sRGB; resizing and normalising into the input tensor.</item>
/// <item>On the device, stage by stage: stem, gate, choice of the point, encoder of that depth, decoder.</item>
/// <item>Masks or boxes at the size of the image, and what the caller makes of them.</item>
/// <item>What it cost, into the latency table, metrics and log.</item>
/// </list>
/// </summary>
public sealed class SegmentationPipeline
{
    private readonly DeviceWorker _device;
    private readonly HostWork _host;
    private readonly ImageLimits _limits;
    private readonly InferenceMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    public SegmentationPipeline(EngineResources resources, InferenceMetrics metrics, IOptions<ImageLimits> limits, ILogger<SegmentationPipeline> logger)
    {
        (_device, _host, _time) = (resources.Device, resources.Host, resources.Time);
        _metrics = metrics;
        _limits = limits.Value;
        _logger = logger;
    }

    /// <exception cref="SegmentationException">The request is invalid, is refused, or has failed; <see cref="SegmentationException.Error"/> says which.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled: the client has disconnected.</exception>
    public Task<SegmentationResult> SegmentAsync(SegmentationRequest request, CancellationToken cancellationToken) =>
        SegmentAsync(request, static result => result, cancellationToken);

    /// <param name="encode">
    /// Converts the result to the answer while the image still holds its host slot: the maps of a large image take hundreds of megabytes, and
    /// no more of them may exist than there are slots. Must not keep the result.
    /// </param>
    /// <exception cref="SegmentationException">The request is invalid, is refused, or has failed; <see cref="SegmentationException.Error"/> says which.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled: the client has disconnected.</exception>
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
        var model = request.Model;

        // 1. The image's header: nothing is decoded that is over a limit.
        var header = ImageDecoder.ReadHeader(request.Image, _limits);
        var size = InputSize.For(header.Width, header.Height, model.Manifest.Preprocessing);
        var key = new LatencyKey(size, header.Pixels, request.Postprocessing.Tasks);

        // 2. What the budget allows; a deadline that cannot be met is refused at once.
        using var deadline = new RequestDeadline(_time, received, request.Budget.Budget.Deadline, cancellationToken);
        var estimate = model.Latency.Estimate(key);
        var allowed = model.Planner.Allow(
            request.Budget, size, deadline.Now(point => estimate?.At(point).Total, () => model.Latency.TryAdmitTrial(key)));

        // 3. Admission: nothing is decoded that would be refused afterwards.
        using var ticket = _device.Admit();
        try
        {
            // 4. Decoding, upright and in sRGB; resizing and normalising into the input tensor.
            using var tensor = await _host.RunAsync(() => watch.Measure(Stage.Decode, () => Prepare(request, header, size, deadline.Token)), deadline.Token).ConfigureAwait(false);

            // 5. On the device, stage by stage: stem, gate, choice of the point, encoder of that depth, decoder.
            var predicted = estimate?.At(allowed.Dearest).Device ?? TimeSpan.Zero;
            var job = new ImageJob(model, tensor, request.Budget.Gate, Choose, watch, predicted, deadline.Token);
            using var output = await _device.RunAsync(job, job.Task).ConfigureAwait(false);

            // 6. Masks or boxes at the size of the image, and what the caller makes of them.
            var (answer, compute) = await _host.RunAsync(
                () =>
                {
                    var result = ToResult(request, header, output, watch, deadline.Token);
                    return (encode(result), result.Compute);
                },
                deadline.Token).ConfigureAwait(false);
            deadline.Token.ThrowIfCancellationRequested();

            // 7. What it cost, into the latency table, metrics and log.
            Record(model, key, compute, estimate);
            return answer;
        }
        catch (OperationCanceledException) when (deadline.HasPassed)
        {
            model.Latency.LearnFromTimeout(key, watch.Times);
            throw deadline.Passed();
        }
        catch (SegmentationException exception) when (exception.Error == SegmentationError.DeadlineExceeded)
        {
            model.Latency.LearnFromTimeout(key, watch.Times);
            throw;
        }

        ComputeDecision Choose(float[] scores) =>
            model.Planner.Choose(allowed, scores, deadline.Now(point => estimate?.At(point).AfterGate, static () => false));
    }

    private static ImageTensor Prepare(SegmentationRequest request, ImageHeader header, InputSize size, CancellationToken cancellationToken) =>
        ImagePreprocessor.ToTensor(ImageDecoder.Decode(request.Image, header, cancellationToken), request.Model.Manifest.Preprocessing, size);

    private static SegmentationResult ToResult(SegmentationRequest request, ImageHeader header, ModelOutput output, StageWatch watch, CancellationToken cancellationToken)
    {
        var model = request.Model;
        var found = watch.Measure(Stage.Mask, () => output.Postprocess(header.Height, header.Width, request.Postprocessing, cancellationToken));
        var compute = ComputeUsed.Of(output.Decision, model.Costs, model.Manifest.MaxDepth, watch.Times);
        return SegmentationResult.Of(model.Manifest, header.Width, header.Height, compute, found) with
        {
            // Decoded again for an overlay: cheaper than holding the pixels of every image that waits.
            Pixels = request.WithPixels ? ImageDecoder.Decode(request.Image, header, cancellationToken).Pixels : default(ReadOnlyMemory<byte>),
        };
    }

    private void Record(LoadedModel model, LatencyKey key, ComputeUsed compute, LatencyEstimate? estimate)
    {
        var (decision, times) = (compute.Decision, compute.Times);
        var depth = decision.Point.Depth;
        _metrics.ReportServed(model.Manifest, compute);
        if (estimate is not null)
        {
            _metrics.ReportDevice(model.Manifest, times.Device, estimate.At(decision.Point).Device);
        }

        model.Latency.Learn(key, depth, times);
        PipelineLog.Served(_logger, model.Manifest.Name, depth, model.Manifest.MaxDepth, decision.Reason.ToName(), compute.Gmacs, times.Total.TotalMilliseconds);
    }
}
