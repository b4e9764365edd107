using EcoM2F.Inference.Scheduling;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace EcoM2F.Inference.Tests.Scheduling;

public sealed class BrownoutTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly Lines _log = new();
    private readonly Brownout _sut;

    public BrownoutTests() => _sut = new Brownout(_time, _log);

    public void Dispose() => _sut.Dispose();

    [Fact]
    public void IsActive_FromTheFirstImageUntilAPauseWithoutOne()
    {
        Assert.False(_sut.IsActive);
        _sut.ReportImage();
        _time.Advance(Brownout.Pause - TimeSpan.FromSeconds(1));
        _sut.ReportImage();
        _time.Advance(Brownout.Pause - TimeSpan.FromSeconds(1));
        Assert.True(_sut.IsActive);

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.False(_sut.IsActive);
    }

    [Fact]
    public void Log_HasOneLineForTheBeginningAndOneForTheEnd()
    {
        for (var round = 0; round < 2; round++)
        {
            _sut.ReportImage();
            _time.Advance(TimeSpan.FromSeconds(2));
            _sut.ReportImage();
            _sut.ReportImage();
            _time.Advance(2 * Brownout.Pause);
        }

        string[] once = ["Warning Brownout: images get less compute than they would without load", "Information Brownout over: 3 images got less compute within 2.0 s"];
        Assert.Equal([.. once, .. once], _log.Written);
    }

    private sealed class Lines : ILogger<Brownout>
    {
        public List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add($"{logLevel} {formatter(state, exception)}");
    }
}
