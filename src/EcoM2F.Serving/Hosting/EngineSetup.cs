using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Imaging;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Inference.Scheduling;
using EcoM2F.Serving.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace EcoM2F.Serving.Hosting;

/// <summary>The engine, its settings, and what of them the host needs too.</summary>
internal static class EngineSetup
{
    public const string LimitsSection = "Limits";

    /// <summary>Enough that decoding, the device and masks of one batch overlap; more would only wait, in memory.</summary>
    private const int BatchImagesInFlight = 4;

    public static void AddEngine(this IServiceCollection services, IHostEnvironment environment)
    {
        services.AddSettings<EngineOptions>(EngineOptions.Section);
        services.AddSettings<SchedulingOptions>(SchedulingOptions.Section);
        services.AddSettings<BudgetOptions>(BudgetOptions.Section);
        services.AddSettings<ImageLimits>(LimitsSection);
        services.PostConfigure<EngineOptions>(options =>
            options.ModelsFolder = ModelsFolderLocator.Find(options.ModelsFolder, environment.ContentRootPath, AppContext.BaseDirectory));
        services.AddSingleton(static provider => new UploadLimits(provider.GetRequiredService<IOptions<ImageLimits>>().Value.MaxBytes));
        services.AddSingleton(static provider => new UploadMemory(
            (provider.GetRequiredService<IOptions<EngineOptions>>().Value.QueueImages + 1) * provider.GetRequiredService<UploadLimits>().MaxImageBytes,
            provider.GetRequiredService<Random>()));
        services.AddSingleton(static provider => new BatchLimits(
            provider.GetRequiredService<IOptions<HttpSettings>>().Value.MaxBatchImages,
            Math.Min(provider.GetRequiredService<IOptions<EngineOptions>>().Value.QueueImages, BatchImagesInFlight)));
        services.AddOptions<KestrelServerOptions>().Configure<UploadLimits>(static (kestrel, limits) =>
            kestrel.Limits.MaxRequestBodySize = limits.MaxMultipartBytes);
        services.AddEcoM2FEngine();
    }
}
