using System.Globalization;
using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Monitoring;

/// <summary>
/// The real service on the bundled model, scraped by Debian's Prometheus with the very files of deploy/prometheus. Two equal
/// rounds of requests are sent: the first before Prometheus starts, the second between two scrapes, so that every rate over
/// the fixture's life counts exactly the second. Queries look at one instant after it, however late they come.
/// </summary>
public sealed class MonitoredService : IAsyncLifetime
{
    /// <summary>For a machine that is busy with other things; on an idle one all of it takes seconds.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    /// <summary>Also the time that a scrape has; one second is short on a busy machine.</summary>
    private const string ScrapeInterval = "2s";

    private ServiceProcess _service = null!;
    private PrometheusServer _prometheus = null!;
    private IReadOnlyList<ServedImage> _served = [];
    private double _firstScrape;

    /// <summary>The images of the second round.</summary>
    public IReadOnlyList<ServedImage> Served
    {
        get
        {
            PrometheusPrograms.Require();
            return _served;
        }
    }

    /// <summary>Statuses that the second round was answered with, and how often each.</summary>
    public IReadOnlyDictionary<int, int> Statuses { get; } = RequestRound.Statuses;

    /// <summary>Name of the bundled model, as metrics label it.</summary>
    public string Model => "default";

    /// <summary>Host and port of the service, as the label <c>instance</c> has them.</summary>
    public string Instance
    {
        get
        {
            PrometheusPrograms.Require();
            return _service.Client.BaseAddress!.Authority;
        }
    }

    /// <summary>When every rule had seen the second round: the instant of all queries. Seconds since the Unix epoch.</summary>
    public double EvaluatedAt { get; private set; }

    public async ValueTask InitializeAsync()
    {
        if (PrometheusPrograms.Prometheus is null)
        {
            return; // tests skip when they ask for something
        }

        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await StartAsync(patience.Token);
        }
        catch
        {
            await DisposeAsync(); // nothing outlives a fixture that did not come to be
            throw;
        }
    }

    /// <summary>An expression's values at <see cref="EvaluatedAt"/>.</summary>
    /// <exception cref="InvalidOperationException">Prometheus does not accept it.</exception>
    public Task<IReadOnlyList<PrometheusSample>> QueryAsync(string expression) => QueryAsync(expression, EvaluatedAt);

    /// <summary>An expression's values at another instant.</summary>
    /// <param name="time">Seconds since the Unix epoch.</param>
    /// <exception cref="InvalidOperationException">Prometheus does not accept it.</exception>
    public Task<IReadOnlyList<PrometheusSample>> QueryAsync(string expression, double time)
    {
        PrometheusPrograms.Require();
        return _prometheus.Api.QueryAsync(expression, time, TestContext.Current.CancellationToken);
    }

    /// <summary>An expression's values each second from the first scrape to <see cref="EvaluatedAt"/>.</summary>
    /// <exception cref="InvalidOperationException">Prometheus does not accept it.</exception>
    public Task<IReadOnlyList<PrometheusSeries>> QueryRangeAsync(string expression)
    {
        PrometheusPrograms.Require();
        return _prometheus.Api.QueryRangeAsync(expression, _firstScrape, EvaluatedAt, TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
    }

    /// <summary>What the service's <c>/metrics</c> says now.</summary>
    public Task<string> ScrapeAsync()
    {
        PrometheusPrograms.Require();
        return _service.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
    }

    internal Task<IReadOnlyList<PrometheusRule>> RulesAsync()
    {
        PrometheusPrograms.Require();
        return _prometheus.Api.RulesAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_prometheus is not null)
        {
            await _prometheus.DisposeAsync();
            _prometheus = null!;
        }

        if (_service is not null)
        {
            await _service.DisposeAsync();
            _service = null!;
        }
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        _service = await ServiceProcess.StartAsync(["--Engine:ModelsFolder", Path.Combine(RepositoryPaths.Root, "models")], cancellationToken);
        var before = await RequestRound.SendAsync(_service.Client, cancellationToken);
        _prometheus = await PrometheusServer.StartAsync(_service.Client.BaseAddress!.Authority, ScrapeInterval, cancellationToken);
        _firstScrape = await WaitForScrapeAsync(rounds: 1, cancellationToken);
        _served = await RequestRound.SendAsync(_service.Client, cancellationToken);
        Assert.Equal(before, _served);
        await WaitForScrapeAsync(rounds: 2, cancellationToken);
        await WaitForRulesAsync(cancellationToken);
    }

    /// <returns>When Prometheus had read every image and answer of that many rounds; seconds since the Unix epoch.</returns>
    private async Task<double> WaitForScrapeAsync(int rounds, CancellationToken cancellationToken)
    {
        var images = rounds * RequestRound.Images;
        var answers = rounds * RequestRound.Statuses.Values.Sum();
        var expression = $"max(timestamp(ecom2f_ready)) and sum(ecom2f_encoder_depth_count) == {images} and sum(ecom2f_requests_total) == {answers}";
        while (true)
        {
            if (await _prometheus.Api.QueryAsync(expression, null, cancellationToken) is [var time])
            {
                return time.Value;
            }

            await PauseAsync(cancellationToken);
        }
    }

    /// <summary>
    /// Twice, because a rule may read what a rule of another group recorded. Again where the last scrape before the instant
    /// of all queries failed, as it may on a busy machine: gauges have no value then.
    /// </summary>
    private async Task WaitForRulesAsync(CancellationToken cancellationToken)
    {
        do
        {
            await WaitForTwoEvaluationsAsync(cancellationToken);
            EvaluatedAt = (await _prometheus.Api.QueryAsync("time()", null, cancellationToken))[0].Value;
            while (await _prometheus.Api.QueryAsync($"max(timestamp(up)) > {EvaluatedAt.ToString(CultureInfo.InvariantCulture)}", null, cancellationToken) is [])
            {
                await PauseAsync(cancellationToken); // a scrape under way may yet store something before the instant
            }
        }
        while (await _prometheus.Api.QueryAsync("up == 1 and on () ecom2f_ready == 1", EvaluatedAt, cancellationToken) is []);
    }

    private async Task WaitForTwoEvaluationsAsync(CancellationToken cancellationToken)
    {
        for (var round = 0; round < 2; round++)
        {
            var last = (await _prometheus.Api.QueryAsync("time()", null, cancellationToken))[0].Value;
            while (!(await _prometheus.Api.RulesAsync(cancellationToken)).All(rule => rule.LastEvaluation > last))
            {
                await PauseAsync(cancellationToken);
            }
        }
    }

    private async Task PauseAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(100, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Prometheus did not read or evaluate everything within {Patience}. It wrote:\n{_prometheus.Output}\nThe service wrote:\n{_service.Output}");
        }
    }
}
