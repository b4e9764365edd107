using EcoM2F.Serving.Responses;
using Microsoft.AspNetCore.Cors.Infrastructure;

namespace EcoM2F.Serving.Hosting;

/// <summary>Off by default. On, pages of the configured origins may also read what an answer cost.</summary>
internal static class CorsSetup
{
    public static void AddConfiguredCors(this IServiceCollection services, IConfiguration configuration)
    {
        var origins = Origins(configuration);
        if (origins.Length > 0)
        {
            services.AddCors(options => options.AddDefaultPolicy(policy => policy
                .WithOrigins(origins)
                .AllowAnyHeader()
                .AllowAnyMethod()
                .WithExposedHeaders(ComputeHeaders.ComputeUsed, ComputeHeaders.ServerTiming, ComputeHeaders.TimingAllowOrigin, "Retry-After")));
        }
    }

    public static void UseConfiguredCors(this WebApplication app)
    {
        if (app.Services.GetService<ICorsService>() is null)
        {
            return;
        }

        app.UseCors();
        var origins = Origins(app.Configuration);
        app.Use((context, next) =>
        {
            // without it, browsers hide the numbers of Server-Timing from a page of another origin
            var origin = context.Request.Headers.Origin.ToString();
            if (origin.Length > 0 && (origins is [CorsSettings.AnyOrigin] || origins.Contains(origin, StringComparer.OrdinalIgnoreCase)))
            {
                context.Response.Headers[ComputeHeaders.TimingAllowOrigin] = origins is [CorsSettings.AnyOrigin] ? CorsSettings.AnyOrigin : origin;
            }

            return next(context);
        });
    }

    /// <summary>Whether a browser asks what it may send, before it sends anything; the API itself does not answer that.</summary>
    public static bool IsPreflight(HttpRequest request) =>
        HttpMethods.IsOptions(request.Method) && request.Headers.ContainsKey("Access-Control-Request-Method");

    private static string[] Origins(IConfiguration configuration) =>
        configuration.GetSection($"{CorsSettings.Section}:{nameof(CorsSettings.Origins)}").Get<string[]>() ?? [];
}
