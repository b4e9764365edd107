using System.Reflection;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Observability;
using EcoM2F.Inference.Scheduling;
using EcoM2F.Serving.Hosting;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace EcoM2F.Serving.Observability;

/// <summary>Metrics for /metrics, always; traces, and metrics by OTLP, where a collector is configured.</summary>
internal static class TelemetrySetup
{
    private const string ServiceName = "ecom2f-serving";

    /// <summary>Beside our own: what ASP.NET Core, Kestrel and the runtime measure of themselves.</summary>
    private static readonly string[] Meters =
    [
        InferenceMetrics.MeterName,
        ProcessMetrics.MeterName,
        "Microsoft.AspNetCore.Hosting",
        "Microsoft.AspNetCore.Server.Kestrel",
        "Microsoft.AspNetCore.Routing",
        "Microsoft.AspNetCore.Diagnostics",
        "System.Runtime",
    ];

    /// <summary>Of the service, without the commit.</summary>
    public static string Version { get; } =
        typeof(TelemetrySetup).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        var endpoint = configuration[$"{OtlpOptions.Section}:{nameof(OtlpOptions.Endpoint)}"] ?? configuration[OtlpOptions.StandardVariable];
        void Configure(OtlpExporterOptions options)
        {
            if (Uri.TryCreate(endpoint, UriKind.Absolute, out var uri))
            {
                options.Endpoint = uri;
            }
        }

        services.AddOptions<OtlpOptions>().BindConfiguration(OtlpOptions.Section, Strict).ValidateOnStart();
        services.AddSingleton<PrometheusExporter>();
        services.AddSingleton<ProcessMetrics>();
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(static resource => resource.AddService(ServiceName, serviceVersion: Version))
            .WithMetrics(static metrics => metrics.AddMeter(Meters).AddReader(static provider => provider.GetRequiredService<PrometheusExporter>().Reader));
        if (!string.IsNullOrWhiteSpace(endpoint))
        {
            telemetry.WithMetrics(metrics => metrics.AddOtlpExporter(Configure));
            telemetry.WithTracing(tracing => tracing
                .AddAspNetCoreInstrumentation(static options => options.Filter = static context => context.Request.Path.StartsWithSegments("/v1"))
                .AddSource(InferenceActivity.Source.Name)
                .AddOtlpExporter(Configure));
        }

        return services;
    }

    /// <summary>Before anything is measured: what instruments say while nobody listens (counters that start at 0) is lost.</summary>
    public static void StartTelemetry(this WebApplication app)
    {
        var services = app.Services;
        services.GetRequiredService<MeterProvider>();
        services.GetRequiredService<ProcessMetrics>();
        var registry = services.GetRequiredService<ModelRegistry>();
        var state = services.GetRequiredService<ServiceState>();
        var device = services.GetRequiredService<EngineResources>().Device;
        services.GetRequiredService<InferenceMetrics>().Observe(
            () => device.Waiting,
            () => device.Predicted,
            () => registry.IsReady && !state.IsDraining,
            () => registry.Models.Select(static model => model.Manifest),
            Version);
    }

    public static void MapMetrics(this IEndpointRouteBuilder routes) => routes
        .MapGet("/metrics", static async (HttpContext context, PrometheusExporter exporter) =>
        {
            var text = await exporter.ScrapeAsync(context.RequestAborted);
            context.Response.ContentType = PrometheusWriter.ContentType;
            context.Response.Headers.CacheControl = "no-store";
            await context.Response.WriteAsync(text, context.RequestAborted);
        })
        .ExcludeFromDescription();

    private static void Strict(BinderOptions options) => options.ErrorOnUnknownConfiguration = true;
}
