using System.Text.Json;
using EcoM2F.Serving.Responses;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace EcoM2F.Serving.Health;

/// <summary><c>/livez</c>: the process answers. <c>/readyz</c>: it can segment; 503 until then, and from the moment it stops.</summary>
internal static class HealthEndpoints
{
    public const string Live = "/livez";
    public const string Ready = "/readyz";

    /// <summary>Health checks take any method of their own accord.</summary>
    private static readonly HttpMethodMetadata ReadOnly = new([HttpMethods.Get]);

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapHealthChecks(Live, new HealthCheckOptions { Predicate = static _ => false, ResponseWriter = WriteAsync }).WithMetadata(ReadOnly);
        routes.MapHealthChecks(Ready, new HealthCheckOptions { ResponseWriter = WriteAsync }).WithMetadata(ReadOnly);
    }

    private static Task WriteAsync(HttpContext context, HealthReport report)
    {
        var body = new HealthBody(
            Word(report.Status),
            report.Entries.ToDictionary(static entry => entry.Key, static entry => new HealthCheckBody(Word(entry.Value.Status), entry.Value.Description)));
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(JsonSerializer.Serialize(body, ApiJson.Relaxed.HealthBody), context.RequestAborted);
    }

    private static string Word(HealthStatus status) => status == HealthStatus.Unhealthy ? "unavailable" : "ok";
}
