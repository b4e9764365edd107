namespace EcoM2F.Serving.Observability;

/// <summary>
/// Around the exporter's own middleware, which lets scrapes that overlap share one collection: the later one may miss a request
/// that was answered before it began. Here one collects at a time, and none waits for a client that reads slowly. Thread-safe.
/// </summary>
internal sealed class ScrapeMiddleware : IMiddleware, IDisposable
{
    private readonly SemaphoreSlim _oneAtATime = new(1);

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        // one format for everybody: OpenMetrics would add a series "_created" to each counter and histogram
        context.Request.Headers.Accept = default;
        context.Response.Headers.CacheControl = "no-store";
        var body = context.Response.Body;
        using var collected = new MemoryStream();
        context.Response.Body = collected;
        try
        {
            await CollectAsync(context, next);
        }
        finally
        {
            context.Response.Body = body;
        }

        context.Response.ContentLength = collected.Position;
        collected.Position = 0;
        await collected.CopyToAsync(body, context.RequestAborted);
    }

    public void Dispose() => _oneAtATime.Dispose();

    private async Task CollectAsync(HttpContext context, RequestDelegate next)
    {
        await _oneAtATime.WaitAsync(context.RequestAborted);
        try
        {
            await next(context);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }
}
