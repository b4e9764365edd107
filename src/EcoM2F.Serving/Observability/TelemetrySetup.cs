using System.Reflection;
using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Observability;
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
        var endpoint = configuration[$"{OtlpOptions.Section}:{nameof(OtlpOptions.Endpoint)}"];
        services.AddSingleton<ProcessMetrics>();
        services.AddSingleton<RequestMetrics>();
        services.AddSingleton<MetricViews>();
        services.AddSingleton<ScrapeMiddleware>();
        services.ConfigureOpenTelemetryMeterProvider(static (provider, metrics) => metrics.AddView(provider.GetRequiredService<MetricViews>().ViewOf));
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(static resource => resource.AddService(ServiceName, serviceVersion: Version))
            .WithMetrics(static metrics => metrics.AddMeter(Meters).AddPrometheusExporter(static options =>
            {
                options.ScopeInfoEnabled = false;
                options.TargetInfoEnabled = false;
                options.ScrapeResponseCacheDurationMilliseconds = 0;
            }));
        if (!string.IsNullOrWhiteSpace(endpoint ?? configuration[OtlpOptions.StandardVariable]))
        {
            telemetry.WithMetrics(metrics => metrics.AddOtlpExporter(options => SetEndpoint(options, endpoint, "v1/metrics")));
            telemetry.WithTracing(tracing => tracing
                .AddAspNetCoreInstrumentation(static options => options.Filter = static context => context.Request.Path.StartsWithSegments("/v1"))
                .AddSource(InferenceActivity.Source.Name)
                .AddOtlpExporter(options => SetEndpoint(options, endpoint, "v1/traces")));
        }

        return services;
    }

    // The standard variable is the exporter's own to read. The paths are what it appends to that one over HTTP.
    private static void SetEndpoint(OtlpExporterOptions options, string? endpoint, string path)
    {
        if (Uri.TryCreate(endpoint?.TrimEnd('/') + "/", UriKind.Absolute, out var root))
        {
            options.Endpoint = options.Protocol == OtlpExportProtocol.HttpProtobuf ? new Uri(root, path) : root;
        }
    }

    /// <summary>Before anything is measured: what instruments say while nobody listens (counters that start at 0) is lost.</summary>
    public static void StartTelemetry(this WebApplication app)
    {
        var services = app.Services;
        services.GetRequiredService<MeterProvider>();
        services.GetRequiredService<ProcessMetrics>();
        services.GetRequiredService<RequestMetrics>();
        var registry = services.GetRequiredService<ModelRegistry>();
        var state = services.GetRequiredService<ServiceState>();
        var engine = services.GetRequiredService<EngineResources>();
        services.GetRequiredService<InferenceMetrics>().Observe(
            () => engine.Device.Waiting,
            () => engine.Device.Predicted,
            () => engine.Brownout.IsActive,
            () => engine.StemCacheBytes,
            () => registry.IsReady && !state.IsDraining,
            () => registry.Models.Select(static model => model.Manifest),
            Version);
    }

    public static void MapMetrics(this IEndpointRouteBuilder routes) => routes
        .MapPrometheusScrapingEndpoint("/metrics", meterProvider: null, static branch => branch.UseMiddleware<ScrapeMiddleware>(), optionsName: null)
        .WithMetadata(new HttpMethodMetadata([HttpMethods.Get]))
        .ExcludeFromDescription();
}
