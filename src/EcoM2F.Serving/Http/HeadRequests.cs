using Microsoft.AspNetCore.Http.Features;

namespace EcoM2F.Serving.Http;

/// <summary>Answers HEAD wherever GET is answered, as RFC 9110 (section 9.1) wants: the same status and headers, without the body.</summary>
internal sealed class HeadRequests(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext context)
    {
        context.Response.OnStarting(static state => AllowHeadBesideGet((HttpResponse)state), context.Response);
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await next(context);
            return;
        }

        var body = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        context.Request.Method = HttpMethods.Get;
        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(Stream.Null));
        try
        {
            await next(context);
        }
        finally
        {
            context.Features.Set(body);
            context.Request.Method = HttpMethods.Head;
        }
    }

    /// <summary>Routes know of GET alone, and so does the list of methods that a 405 carries.</summary>
    private static Task AllowHeadBesideGet(HttpResponse response)
    {
        var allowed = response.Headers.Allow.ToString();
        if (allowed.Contains(HttpMethods.Get, StringComparison.Ordinal) && !allowed.Contains(HttpMethods.Head, StringComparison.Ordinal))
        {
            response.Headers.Allow = $"{allowed}, {HttpMethods.Head}";
        }

        return Task.CompletedTask;
    }
}
