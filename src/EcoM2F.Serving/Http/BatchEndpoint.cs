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
/// <c>POST /v1/segment/batch</c>: many images in one form, a line of JSON for each as soon as it is done. (1) The model, (2) the parameters,
/// (3) the answer's format and (4) the budget, which holds for each image, are read as for a single image. Then (5) parts are read
/// while (6) images before them are segmented, a few at a time, and (7) their lines sent. An image that fails is a line that says
/// why; where the form itself cannot be read on, the last line says so. An image waits where the queue is full.
/// </summary>
internal sealed class BatchEndpoint(
    ModelRegistry registry, EngineResources engine, SegmentationPipeline pipeline, BatchUpload upload, AnswerRecorder answers, ProblemFactory problems)
{
    public const string Path = SegmentEndpoint.Path + "/batch";
    public const string Name = "SegmentBatch";

    /// <summary>About as long as an image takes; asking again costs little.</summary>
    private static readonly TimeSpan WaitForRoom = TimeSpan.FromMilliseconds(100);

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
        RequireUse(parameters);
        RequireLines(AcceptHeader.Parse(request.Headers.Accept));

        // 4
        var budget = ModelBudget.For(ComputeBudgetParser.Parse((IEnumerable<string?>)request.Headers[ComputeHeaders.ComputeBudget]), model.Manifest);

        await AnswerAsync(context, new BatchJob(model, parameters, budget, PriorityHeader.Urgency(request.Headers[PriorityHeader.Name])));
    }

    private async Task AnswerAsync(HttpContext context, BatchJob job)
    {
        var cancellationToken = context.RequestAborted;
        await using var answer = new BatchAnswer(context.Response);
        using var window = new SemaphoreSlim(upload.Limits.InFlight);
        var images = new List<Task>();
        try
        {
            // 5
            await window.WaitAsync(cancellationToken);
            await foreach (var part in upload.ReadAllAsync(context.Request, cancellationToken))
            {
                if (!answer.HasStarted)
                {
                    context.Features.GetRequiredFeature<RequestState>().Recorded = true; // by image from here on
                    await answer.StartAsync(cancellationToken);
                }

                images.Add(SegmentAsync(part, window));
                await window.WaitAsync(cancellationToken);
            }
        }
        catch (Exception failure) when (answer.HasStarted && failure is SegmentationException or BadHttpRequestException)
        {
            await WriteAsync(answer, context, new BatchPart(images.Count, Name: null, Image: null, failure), job);
        }
        finally
        {
            await Task.WhenAll(images);
        }

        await answer.CompleteAsync();

        async Task SegmentAsync(BatchPart part, SemaphoreSlim window)
        {
            try
            {
                using var image = part.Image;
                await WriteAsync(answer, context, part, job);
            }
            finally
            {
                window.Release();
            }
        }
    }

    /// <summary>Answers one image, and counts it before its line goes out.</summary>
    private async Task WriteAsync(BatchAnswer answer, HttpContext context, BatchPart part, BatchJob job)
    {
        var cancellationToken = context.RequestAborted;
        var received = engine.Time.GetTimestamp();
        BatchEntry entry;
        ComputeUsed? compute = null;
        SegmentationError? error = null;
        try
        {
            // 6
            var result = await SegmentAsync(part, job, received, cancellationToken);
            compute = result.Compute;
            entry = new BatchEntry(part.Index, part.Name, StatusCodes.Status200OK, result.Body);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            answers.Record(job.Model.Manifest.Name, ProblemKind.ClientGone.Status, engine.Time.GetElapsedTime(received), compute: null, error: null);
            throw;
        }
        catch (Exception exception)
        {
            error = (exception as SegmentationException)?.Error;
            var problem = ProblemWriter.ToDocument(context, problems.Create(exception));
            entry = new BatchEntry(part.Index, part.Name, problem.Status, default, problem);
        }

        answers.Record(job.Model.Manifest.Name, entry.Status, engine.Time.GetElapsedTime(received), compute, error);

        // 7
        await answer.WriteAsync(entry, cancellationToken);
    }

    private async Task<EncodedResult> SegmentAsync(BatchPart part, BatchJob job, long received, CancellationToken cancellationToken)
    {
        var image = part.Image ?? throw part.Failure!;
        var request = new SegmentationRequest
        {
            Model = job.Model,
            Image = image.Bytes,
            Postprocessing = job.Parameters,
            Budget = job.Budget,
            ReceivedTimestamp = received,
            Urgency = job.Urgency,
        };
        while (true)
        {
            try
            {
                return await pipeline.SegmentAsync(request, static result => EncodedResult.Of(result, ResponseFormat.Json), cancellationToken);
            }
            catch (SegmentationException full) when (full.Error == SegmentationError.Overloaded)
            {
                // Others fill the queue, or images of the same batch. The upload waits meanwhile, and a deadline ends it.
                await Task.Delay(WaitForRoom, engine.Time, cancellationToken);
            }
            catch (SegmentationException failure) when (UploadDiagnosis.TryExplain(failure, image, out var explained))
            {
                throw explained;
            }
        }
    }

    /// <exception cref="SegmentationException"><see cref="SegmentationError.BadRequest"/>: a further picture, which has no place in a line.</exception>
    private static void RequireUse(PostprocessingParameters parameters)
    {
        if (parameters.Confidence)
        {
            throw new SegmentationException(
                SegmentationError.BadRequest,
                $"{RequestParameters.Confidence}={RequestParameters.True} has no place in a batch, whose lines are JSON; ask {SegmentEndpoint.Path} for single images with Accept: {ResponseFormat.Multipart.MediaType()}.",
                RequestParameters.Confidence);
        }
    }

    private static void RequireLines(AcceptHeader accept)
    {
        var range = accept.Ranges.Where(static range => range.Specificity(BatchEntry.ContentType) > 0).OrderByDescending(static range => range.Specificity(BatchEntry.ContentType));
        if (!accept.IsAbsent && range.FirstOrDefault() is not { Weight: > 0 })
        {
            throw new SegmentationException(SegmentationError.UnsupportedOutput, $"Accept does not allow {BatchEntry.ContentType}, the one format of a batch.", BatchEntry.ContentType);
        }
    }

    /// <summary>What holds for every image of a batch.</summary>
    private sealed record BatchJob(LoadedModel Model, PostprocessingParameters Parameters, ModelBudget Budget, int Urgency);
}

internal static class BatchRoute
{
    public static void MapBatch(this IEndpointRouteBuilder routes) => routes
        .MapPost(BatchEndpoint.Path, static (HttpContext context, BatchEndpoint endpoint) => endpoint.InvokeAsync(context))
        .WithName(BatchEndpoint.Name);
}
