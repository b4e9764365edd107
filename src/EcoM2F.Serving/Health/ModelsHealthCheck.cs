using EcoM2F.Inference.Engine;
using EcoM2F.Serving.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace EcoM2F.Serving.Health;

/// <summary>Ready: every model loaded, hashes right, canary passed; and the service is not on its way out.</summary>
internal sealed class ModelsHealthCheck(ModelRegistry registry, ServiceState state) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(Check());

    private HealthCheckResult Check() =>
        state.IsDraining ? HealthCheckResult.Unhealthy("The service is stopping.")
        : registry.Failure is { } failure ? HealthCheckResult.Unhealthy(failure)
        : registry.IsReady ? HealthCheckResult.Healthy("Every model is loaded and verified, and has passed its canary.")
        : HealthCheckResult.Unhealthy("Models are being loaded.");
}
