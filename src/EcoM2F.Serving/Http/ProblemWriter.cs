using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc;

namespace EcoM2F.Serving.Http;

/// <summary>
/// Writes every problem as <c>application/problem+json</c>, whatever <c>Accept</c> says: a client that asked for an image
/// still wants to know why it got none. (The framework's own writer leaves the body empty then.)
/// </summary>
internal sealed class ProblemWriter : IProblemDetailsWriter
{
    public const string FieldKey = "field";
    public const string AllowedKey = "allowed";

    public bool CanWrite(ProblemDetailsContext context) => true;

    public async ValueTask WriteAsync(ProblemDetailsContext context)
    {
        var http = context.HttpContext;
        var document = ToDocument(http, context.ProblemDetails);
        var body = JsonSerializer.SerializeToUtf8Bytes(document, ProblemJson.Readable.ProblemDocument);
        http.Response.StatusCode = document.Status;
        http.Response.ContentType = ProblemDocument.ContentType;
        http.Response.ContentLength = body.Length;
        ApiHeaders.SetOn(http.Response.Headers);
        // Without the request's token: a client that has left is not a failure, and the answer still counts as given.
        await http.Response.Body.WriteAsync(body, CancellationToken.None);
    }

    /// <summary>A problem as clients see it.</summary>
    public static ProblemDocument ToDocument(HttpContext context, ProblemDetails details)
    {
        var status = details.Status ?? context.Response.StatusCode;
        // The framework fills type and title with links to RFC 9110; ours are stable and explained.
        var kind = details.Type?.StartsWith("/problems/", StringComparison.Ordinal) == true ? null : ProblemKind.OfStatus(status);
        var type = kind?.Type ?? (details.Type?.StartsWith('/') == true ? details.Type : null);
        return new ProblemDocument(
            type is null ? "about:blank" : context.Request.PathBase.Value + type,
            kind?.Title ?? details.Title ?? "",
            status,
            details.Detail,
            details.Extensions.TryGetValue(FieldKey, out var field) ? field as string : null,
            details.Extensions.TryGetValue(AllowedKey, out var allowed) ? allowed as string : null,
            Activity.Current?.TraceId.ToHexString());
    }
}
