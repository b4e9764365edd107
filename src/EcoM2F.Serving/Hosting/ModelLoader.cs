using EcoM2F.Inference.Engine;
using EcoM2F.Serving.Observability;
using Microsoft.Extensions.Options;

namespace EcoM2F.Serving.Hosting;

/// <summary>
/// Loads the models behind a service that already answers /livez. One that cannot be loaded ends the process: whoever
/// started it sees at once what a service that stays unready would hide.
/// </summary>
internal sealed class ModelLoader(
    ModelRegistry registry,
    RequestMetrics metrics,
    IOptions<EngineOptions> options,
    ServiceState state,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<ModelLoader> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            // Sessions not before the server listens: a start that fails would end the process in the middle of native work. (For what
            // ModelFolders does meanwhile, its disposal waits.)
            await StartedAsync(stoppingToken);
            HostLog.Loading(logger, options.Value.ModelsFolder ?? "");
            var started = time.GetTimestamp();
            await registry.LoadAllAsync(stoppingToken);
            foreach (var model in registry.Models)
            {
                metrics.ReportModelLoaded(model.Manifest.Name);
            }

            var names = string.Join(", ", registry.Models.Select(static model => $"{model.Manifest.Name} {model.Manifest.Version}"));
            HostLog.Ready(logger, names, time.GetElapsedTime(started).TotalSeconds);
            await registry.WarmUpAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // told to stop before it was done, or the server could not listen: the host says why
        }
        catch (Exception exception)
        {
            HostLog.LoadFailed(logger, exception.Message);
            HostLog.LoadFailedBecause(logger, exception);
            state.Fail();
            lifetime.StopApplication();
        }
    }

    private async Task StartedAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var onStarted = lifetime.ApplicationStarted.Register(() => started.TrySetResult());
        using var onStopping = stoppingToken.Register(() => started.TrySetCanceled(stoppingToken));
        await started.Task;
    }
}
