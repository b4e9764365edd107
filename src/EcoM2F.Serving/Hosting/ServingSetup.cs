using EcoM2F.Inference.Engine;
using EcoM2F.Serving.Health;
using EcoM2F.Serving.Http;
using EcoM2F.Serving.Observability;
using EcoM2F.Serving.Page;
using EcoM2F.Serving.Swagger;
using Microsoft.Extensions.Options;

namespace EcoM2F.Serving.Hosting;

/// <summary>What the host is made of, and the order in which a request meets it.</summary>
internal static class ServingSetup
{
    private const int SpareThreads = 4;

    public static void AddServing(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddLogs(builder.Configuration);
        services.AddSingleton(TimeProvider.System);
        services.AddHostSettings();
        services.AddEngine(builder.Environment);
        services.AddTelemetry(builder.Configuration);
        services.AddApi();
        services.AddConfiguredCors(builder.Configuration);
        services.AddApiDescription();
        services.AddHealthChecks().AddCheck<ModelsHealthCheck>("models");
        services.AddSingleton<ServiceState>();
        services.AddHostedService<DrainOnShutdown>();
        services.AddHostedService<ModelLoader>();
    }

    public static void UseServing(this WebApplication app)
    {
        app.Services.GetRequiredService<ModelFolders>().BeginReading(); // takes about as long as the rest, and needs none of it
        // Pixel work keeps a pool thread per core busy; health checks, uploads and timers must not wait for the pool to grow.
        ThreadPool.GetMinThreads(out var workers, out var completions);
        ThreadPool.SetMinThreads(Math.Max(workers, Environment.ProcessorCount + SpareThreads), completions);
        app.StartTelemetry();
        app.UsePublicPath();
        app.UseMiddleware<HeadRequests>();
        app.UseWhen(
            static context => SegmentEndpoint.Serves(context.Request.Path) && !CorsSetup.IsPreflight(context.Request),
            static branch => branch.UseMiddleware<RequestRecorder>());
        app.UseProblems();
        app.UseConfiguredCors();
        app.UseApiDescription();
        app.UseRouting();
        app.MapSegment();
        app.MapBatch();
        app.MapModels();
        app.MapHealth();
        app.MapMetrics();
        app.MapPage();
    }

    private static void AddHostSettings(this IServiceCollection services)
    {
        services.AddSettings<ShutdownOptions>(ShutdownOptions.Section);
        services.AddSettings<CorsSettings>(CorsSettings.Section);
        services.AddSingleton<IValidateOptions<CorsSettings>, CorsSettingsValidator>();
        services.AddSettings<HttpSettings>(HttpSettings.Section);
        services.AddSingleton<IValidateOptions<HttpSettings>, HttpSettingsValidator>();
        services.AddHttp2Ports();
        services.AddSettings<OtlpOptions>(OtlpOptions.Section);
        services.AddSettings<LogSettings>(LogSettings.Section);
        services.AddOptions<HostOptions>().Configure<IOptions<ShutdownOptions>>(static (host, shutdown) =>
            host.ShutdownTimeout = TimeSpan.FromSeconds(shutdown.Value.DelaySeconds + shutdown.Value.DrainSeconds));
    }

    private static void AddApi(this IServiceCollection services)
    {
        services.AddProblems();
        services.AddSingleton<TrustedProxies>();
        services.AddSingleton<ProxyTimeout>();
        services.AddSingleton<ImageUpload>();
        services.AddSingleton<AnswerRecorder>();
        services.AddSingleton<SegmentEndpoint>();
        services.AddSingleton<BatchUpload>();
        services.AddSingleton<BatchEndpoint>();
    }
}
