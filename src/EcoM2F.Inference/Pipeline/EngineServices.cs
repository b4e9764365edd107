using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Observability;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace EcoM2F.Inference.Pipeline;

/// <summary>Puts the engine into a container. Options (<see cref="EngineOptions"/>, limits, budget) are the host's to bind; logging and metrics must be there.</summary>
public static class EngineServices
{
    public static IServiceCollection AddEcoM2FEngine(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<InferenceMetrics>();
        services.AddSingleton<EngineResources>();
        services.AddSingleton<ModelRegistry>();
        services.AddSingleton<SegmentationPipeline>();
        return services;
    }
}
