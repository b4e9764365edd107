using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Imaging;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Observability;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Requests;
using EcoM2F.Inference.Results;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EcoM2F.Inference.Pipeline;

/// <summary>
/// Segments one image per call, from encoded bytes to masks or boxes. Thread-safe.
/// <list type="number">
/// <item>The image's header: format, limits, the model's input at each size.</item>
/// <item>What the budget allows, and what other images leave; a deadline that cannot be met is refused at once.</item>
/// <item>Admission: nothing is decoded that would be refused afterwards.</item>
/// <item>Decoding, upright and in sRGB; resizing and normalising into the input tensor.</item>
/// <item>On the device, stage by stage: stem, gate, choice of the point (of another size: that size's tensor and stem), encoder of that depth, decoder.</item>
/// <item>Masks at the size that was asked for or boxes, and what the caller makes of them.</item>
/// <item>What it cost, into the latency table, metrics and log.</item>
/// </list>
/// </summary>
public sealed class SegmentationPipeline
{
    private readonly EngineResources _engine;
    private readonly ImageLimits _limits;
    private readonly InferenceMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    public SegmentationPipeline(EngineResources resources, InferenceMetrics metrics, IOptions<ImageLimits> limits, ILogger<SegmentationPipeline> logger)
    {
        (_engine, _time) = (resources, resources.Time);
        _metrics = metrics;
        _limits = limits.Value;
        _logger = logger;
    }

    /// <exception cref="SegmentationException">The request is invalid, is refused, or has failed; <see cref="SegmentationException.Error"/> says which.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled: the client has disconnected.</exception>
    public Task<SegmentationResult> SegmentAsync(SegmentationRequest request, CancellationToken cancellationToken) =>
        SegmentAsync(request, static result => result, cancellationToken);

    /// <param name="encode">
    /// Converts the result to the answer while the image still holds memory for it: the maps of a large image take hundreds of megabytes. Must
    /// not keep the result.
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
        var inputs = ImageInputs.For(model.Manifest, header.Width, header.Height);
        var latency = new ImageLatency(model.Latency, inputs, KeyOf(request.Postprocessing, header, inputs));

        // 2. What the budget allows, and what other images leave; a deadline that cannot be met is refused at once.
        using var deadline = new RequestDeadline(_time, received, request.Budget.Budget.Deadline, cancellationToken);
        var stretch = _engine.Device.Stretch(joining: 1);
        var allowed = model.Planner.Allow(
            request.Budget,
            inputs,
            deadline.Now(point => latency.Total(point, stretch), latency.TryAdmitTrial) with { Stem = input => latency.Stem(input) * stretch, Load = Load(_engine.Admission.CapOfNext()) });
        var run = new ImageRun(request, header, allowed, watch);

        // 3. Admission: nothing is decoded that would be refused afterwards.
        using var admitted = _engine.Admission.Admit(Takes(allowed.Cheapest, allowed.First) ?? TimeSpan.Zero);
        try
        {
            // 4. Decoding, upright and in sRGB; resizing and normalising into the input tensor.
            // 5. On the device, stage by stage: stem, gate, choice of the point, encoder of that depth, decoder.
            using var output = await run.RunAsync(_engine, Choose, (point, probe) => latency.Device(point, probe) ?? TimeSpan.Zero, deadline.Token).ConfigureAwait(false);

            // 6. Masks at the size that was asked for or boxes, and what the caller makes of them.
            var pixels = request.WithPixels ? header.Pixels : output.SizeOf(new MaskGrid(header.Height, header.Width), request.Postprocessing).Pixels;
            using var memory = await _engine.Host.TakeMemoryAsync(PixelMemory.ToWorkOn(pixels), deadline.Token).ConfigureAwait(false);
            var (answer, compute) = await _engine.Host.RunAsync(
                () =>
                {
                    var result = ToResult(request, (header, inputs.Own, run.Known), output, watch, deadline.Token);
                    return (encode(result), result.Compute);
                },
                deadline.Token).ConfigureAwait(false);
            deadline.Token.ThrowIfCancellationRequested();

            // 7. What it cost, into the latency table, metrics and log.
            Record(model, latency, compute, run, output.Together);
            return answer;
        }
        catch (OperationCanceledException) when (deadline.HasPassed)
        {
            LearnFromTimeout(latency, allowed, run, watch);
            throw deadline.Passed();
        }
        catch (SegmentationException exception) when (exception.Error == SegmentationError.DeadlineExceeded)
        {
            LearnFromTimeout(latency, allowed, run, watch);
            throw;
        }

        ComputeDecision Choose(float[] scores)
        {
            var stretchNow = _engine.Device.Stretch(joining: 0);
            var decision = model.Planner.Choose(allowed, scores, deadline.Now(point => Left(point, stretchNow), static () => false) with { Load = Load(admitted.Cap()) });
            if (decision.Reason == ComputeReason.Brownout)
            {
                _engine.Brownout.ReportImage();
            }

            return decision;
        }

        LoadCap? Load(TimeSpan? cap) => cap is { } limit ? new LoadCap(limit, Takes) : null;

        TimeSpan? Takes(ComputePoint point, InputSize? probe) => latency.Takes(point, probe, _engine.HostShare);

        // Where the size is not open the pixels are gone: no other input can be made.
        TimeSpan? Left(ComputePoint point, int stretch) => allowed.IsOpen || point.Input == allowed.First ? latency.AfterGate(point, allowed.First, stretch) : TimeSpan.MaxValue;
    }

    /// <summary>What the image's times depend on. The model's own masks are taken as one pixel: the table takes small ones as constant, and theirs are.</summary>
    private static LatencyKey KeyOf(PostprocessingParameters parameters, ImageHeader header, ImageInputs inputs)
    {
        var size = parameters.MaskSize;
        long? pixels = size.IsOriginal ? null : size.Of(new MaskGrid(header.Height, header.Width), new MaskGrid(1, 1)).Pixels;
        return new LatencyKey(inputs.Own, header.Pixels, parameters.Tasks, pixels, parameters.Confidence);
    }

    private SegmentationResult ToResult(SegmentationRequest request, (ImageHeader Header, InputSize Own, IReadOnlyList<InputSize> Known) image, ModelOutput output, StageWatch watch, CancellationToken cancellationToken)
    {
        var (model, header) = (request.Model, image.Header);
        var found = watch.Measure(Stage.Mask, () => _engine.Host.RunWide(
            threads => output.Postprocess(header.Height, header.Width, request.Postprocessing with { Threads = threads }, cancellationToken)));
        var compute = ComputeUsed.Of(output.Decision, model.Costs, model.Manifest, image.Own, watch.Times, image.Known);
        return SegmentationResult.Of(model.Manifest, header.Width, header.Height, compute, found) with
        {
            PolygonTolerance = request.Postprocessing.PolygonTolerance,

            // Decoded again for an overlay: cheaper than holding the pixels of every image that waits.
            Pixels = request.WithPixels ? ImageDecoder.Decode(request.Image, header, cancellationToken).Pixels : default(ReadOnlyMemory<byte>),
        };
    }

    private static void LearnFromTimeout(ImageLatency latency, AllowedPoints allowed, ImageRun run, StageWatch watch)
    {
        if (run.Known.Count == 0)
        {
            latency.LearnFromTimeout(allowed.First, run.Decision, watch.Times, run.Probed);
        }
    }

    private void Record(LoadedModel model, ImageLatency latency, ComputeUsed compute, ImageRun run, int together)
    {
        var (decision, times) = (compute.Decision, compute.Times);
        var depth = decision.Point.Depth;
        _metrics.ReportServed(model.Manifest, compute, together);
        if (_engine.Stems.IsOn)
        {
            _metrics.ReportStems(model.Manifest, run.Known.Count, (decision.Probe is null ? 1 : 2) - run.Known.Count);
        }

        // What took less because a stem was known says nothing about images that are new.
        if (run.Known.Count == 0)
        {
            if (latency.Device(decision.Point, decision.Probe) is { } predicted)
            {
                _metrics.ReportDevice(model.Manifest, times.Device, predicted);
            }

            latency.Learn(decision, times, run.Probed);
        }

        PipelineLog.Served(_logger, model.Manifest.Name, depth, model.Manifest.MaxDepth, decision.Reason.ToName(), compute.Gmacs, times.Total.TotalMilliseconds);
    }
}
