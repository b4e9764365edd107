using EcoM2F.Serving.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace EcoM2F.Serving.Tests.Hosting;

public sealed class DrainOnShutdownTests
{
    private readonly ServiceState _state = new();
    private readonly ApplicationLifetime _lifetime = new(NullLogger<ApplicationLifetime>.Instance);
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Stop_IsAskedFor_UnreadyAtOnce()
    {
        await Create(delaySeconds: 5).StartingAsync(TestContext.Current.CancellationToken);
        Assert.False(_state.IsDraining);

        _lifetime.StopApplication();

        Assert.True(_state.IsDraining);
        Assert.Equal(ExitCodes.Done, _state.ExitCode);
    }

    [Fact]
    public async Task Stop_WithADelay_HoldsTheServerOpen()
    {
        var stopping = Create(delaySeconds: 5).StoppingAsync(TestContext.Current.CancellationToken);

        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(stopping.IsCompleted);

        _time.Advance(TimeSpan.FromSeconds(0.1));
        await stopping;
    }

    [Fact]
    public async Task Stop_AfterAFailedLoad_DoesNotWait()
    {
        _state.Fail();

        await Create(delaySeconds: 5).StoppingAsync(TestContext.Current.CancellationToken);

        Assert.Equal(ExitCodes.Failed, _state.ExitCode);
    }

    private DrainOnShutdown Create(double delaySeconds) =>
        new(_state, _lifetime, Options.Create(new ShutdownOptions { DelaySeconds = delaySeconds }), _time, NullLogger<DrainOnShutdown>.Instance);
}
