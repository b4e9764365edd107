using Microsoft.Extensions.Options;

namespace EcoM2F.Serving.Hosting;

/// <summary>
/// Makes the service unready as soon as it is told to stop, and holds the server open for the configured delay. Lifecycle
/// services stop before the server does.
/// </summary>
internal sealed class DrainOnShutdown(
    ServiceState state,
    IHostApplicationLifetime lifetime,
    IOptions<ShutdownOptions> options,
    TimeProvider time,
    ILogger<DrainOnShutdown> logger) : IHostedLifecycleService
{
    private CancellationTokenRegistration _registration;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _registration = lifetime.ApplicationStopping.Register(state.Drain);
        return Task.CompletedTask;
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        state.Drain();
        var delay = TimeSpan.FromSeconds(options.Value.DelaySeconds);
        HostLog.Draining(logger, delay.TotalSeconds, options.Value.DrainSeconds);
        if (delay > TimeSpan.Zero && state.ExitCode == ExitCodes.Done)
        {
            await Task.Delay(delay, time, cancellationToken);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        _registration.Dispose();
        HostLog.Stopped(logger);
        return Task.CompletedTask;
    }
}
