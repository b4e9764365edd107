using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Observability;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace EcoM2F.Inference.Pipeline;

/// <summary>Registers the engine's services. The host binds the options (<see cref="EngineOptions"/>, scheduling, limits, budget) and registers logging and metrics.</summary>
public static class EngineServices
{
    public static IServiceCollection AddEcoM2FEngine(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(Random.Shared);
        services.AddSingleton<InferenceMetrics>();
        services.AddSingleton<EngineResources>();
        services.AddSingleton<ModelFolders>();
        services.AddSingleton<ModelRegistry>();
        services.AddSingleton<SegmentationPipeline>();
        return services;
    }
}
