using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Requests;
using EcoM2F.Serving.Responses;
using Microsoft.AspNetCore.Http.Features;

namespace EcoM2F.Serving.Http;

/// <summary>
/// <c>POST /v1/segment</c>. A request's way: <see cref="RequestRecorder"/> takes the time; here
/// (1) the model, (2) the parameters, (3) the answer's format, (4) the budget are read, (5) a full queue refuses, all before
/// (6) the image is uploaded; (7) the engine runs and the result is encoded; (8) <see cref="ResultWriter"/> answers. Exceptions go to <see cref="ProblemMapper"/>.
/// </summary>
internal sealed class SegmentEndpoint(ModelRegistry registry, EngineResources engine, SegmentationPipeline pipeline, ImageUpload upload, ProxyTimeout timeout)
{
    public const string Path = "/v1/segment";
    public const string Name = "Segment";

    /// <summary>Whether routing would bring a request here or to <see cref="BatchEndpoint"/>: it ignores case, and a slash at the end.</summary>
    public static bool Serves(PathString path) => IsAt(path, Path) || IsAt(path, BatchEndpoint.Path);

    public async Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        var state = context.Features.GetRequiredFeature<RequestState>();
        var given = request.Query.ToDictionary(static entry => entry.Key, static entry => (IReadOnlyList<string?>)entry.Value, StringComparer.Ordinal);

        // 1
        var model = registry.Get(RequestParameters.ReadModel(given));
        state.Model = model.Manifest.Name;

        // 2
        var parameters = RequestParameters.Read(given, model.Manifest);

        // 3
        var format = AcceptNegotiation.Choose(request.Headers.Accept, parameters.Tasks);
        RequireUse(parameters, format);

        // 4
        var asked = timeout.Tighten(ComputeBudgetParser.Parse((IEnumerable<string?>)request.Headers[ComputeHeaders.ComputeBudget]), context);
        var budget = ModelBudget.For(asked, model.Manifest);

        // 5
        engine.Admission.ThrowIfFull();

        // 6
        var timeLeft = budget.Budget.Deadline - engine.Time.GetElapsedTime(state.Received);
        using var image = await upload.ReadAsync(request, timeLeft, context.RequestAborted);

        // 7
        var body = await SegmentAsync(
            new SegmentationRequest
            {
                Model = model,
                Image = image.Bytes,
                Postprocessing = parameters,
                Budget = budget,
                WithPixels = format is ResponseFormat.WebP or ResponseFormat.Jpeg,
                ReceivedTimestamp = state.Received,
                Urgency = PriorityHeader.Urgency(request.Headers[PriorityHeader.Name]),
            },
            image,
            format,
            context.RequestAborted);
        state.Compute = body.Compute;

        // 8
        await ResultWriter.WriteAsync(context.Response, body, context.RequestAborted);
    }

    /// <exception cref="SegmentationException"><see cref="SegmentationError.BadRequest"/>: polygons were asked for in an answer without JSON, or a size of masks in a picture of the photo, or a further picture in an answer without parts.</exception>
    private static void RequireUse(PostprocessingParameters parameters, ResponseFormat format)
    {
        if (parameters.PolygonTolerance is not null && format is not (ResponseFormat.Json or ResponseFormat.Multipart))
        {
            throw NoEffect(RequestParameters.Segmentation, $"={RequestParameters.Polygon}", format, ResponseFormat.Json, ResponseFormat.Multipart);
        }

        if (!parameters.MaskSize.IsOriginal && format is (ResponseFormat.WebP or ResponseFormat.Jpeg))
        {
            throw NoEffect(RequestParameters.MaskSize, "", format, ResponseFormat.Json, ResponseFormat.Png, ResponseFormat.Multipart);
        }

        if (parameters.Confidence && format != ResponseFormat.Multipart)
        {
            throw NoEffect(RequestParameters.Confidence, $"={RequestParameters.True}", format, ResponseFormat.Multipart);
        }
    }

    private static SegmentationException NoEffect(string field, string value, ResponseFormat format, params IEnumerable<ResponseFormat> uses) =>
        new(SegmentationError.BadRequest, $"{field}{value} has no effect on {format.MediaType()}; it applies to Accept: {string.Join(" and ", uses.Select(static use => use.MediaType()))}.", field);

    private static bool IsAt(PathString path, string route) =>
        path.StartsWithSegments(route, StringComparison.OrdinalIgnoreCase, out var rest) && rest.Value is null or "" or "/";

    private async Task<EncodedResult> SegmentAsync(SegmentationRequest request, UploadedImage image, ResponseFormat format, CancellationToken cancellationToken)
    {
        try
        {
            return await pipeline.SegmentAsync(request, result => EncodedResult.Of(result, format), cancellationToken);
        }
        catch (SegmentationException failure) when (UploadDiagnosis.TryExplain(failure, image, out var explained))
        {
            throw explained;
        }
    }
}

internal static class SegmentRoute
{
    public static void MapSegment(this IEndpointRouteBuilder routes) => routes
        .MapPost(SegmentEndpoint.Path, static (HttpContext context, SegmentEndpoint endpoint) => endpoint.InvokeAsync(context))
        .WithName(SegmentEndpoint.Name);
}
