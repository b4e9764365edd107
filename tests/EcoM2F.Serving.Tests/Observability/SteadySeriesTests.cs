using System.Globalization;
using System.Net;
using EcoM2F.TestSupport;

namespace EcoM2F.Serving.Tests.Observability;

/// <summary>What an operator builds on: no request adds a series that it made up, and no counter goes back.</summary>
[Collection(nameof(RunsAlone))]
public sealed class SteadySeriesTests(Service service)
{
    private const int OddRequests = 3000;
    private const int Clients = 8;
    private const int Kinds = 8;

    /// <summary>Suffixes of samples that may only grow.</summary>
    private static readonly string[] Growing = ["_total", "_count", "_sum", "_bucket"];

    [Fact]
    public async Task Metrics_ThousandsOfOddRequests_AddNoSeries()
    {
        // One of each kind first, and a scrape: known statuses and routes may appear then, and never again.
        for (var i = 0; i < Kinds; i++)
        {
            await SendOddAsync(i, "first");
        }

        await SamplesAsync();
        var before = await SamplesAsync();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
        {
            for (var i = client; i < OddRequests; i += Clients)
            {
                await SendOddAsync(i, $"odd{i.ToString(CultureInfo.InvariantCulture)}");
            }
        }));
        var after = await SamplesAsync();

        Assert.Contains(before.Keys, IsOfRequests);
        Assert.DoesNotContain(after.Keys.Except(before.Keys), IsOfRequests);
        Assert.DoesNotContain(after.Keys, static series => series.Contains("odd", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Metrics_UnderLoad_NeverGoBack()
    {
        using var done = new CancellationTokenSource();
        var scrapes = Task.Run(
            async () =>
            {
                var last = await SamplesAsync();
                var seen = 1;
                while (!done.IsCancellationRequested || seen < 3)
                {
                    var next = await SamplesAsync();
                    foreach (var (series, value) in last.Where(static sample => Grows(sample.Key)))
                    {
                        Assert.True(next.TryGetValue(series, out var now), $"{series} is gone.");
                        Assert.True(now >= value, FormattableString.Invariant($"{series} went from {value} to {now}."));
                    }

                    (last, seen) = (next, seen + 1);
                }
            },
            TestContext.Current.CancellationToken);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
        {
            for (var i = 0; i < 10; i++)
            {
                using var response = await service.PostAsync(TestPng.Photo(), budget: $"depth={1 + ((client + i) % 3)}");
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            }
        }));
        await done.CancelAsync();
        await scrapes;
    }

    private async Task SendOddAsync(int kind, string name)
    {
        using var request = (kind % Kinds) switch
        {
            0 => new HttpRequestMessage(HttpMethod.Post, $"/v1/segment?model={name}"),
            1 => Segment("Compute-Budget", $"profile={name}"),
            2 => Segment("Accept", $"text/{name}"),
            3 => new HttpRequestMessage(HttpMethod.Post, $"/v1/segment?{name}=1"),
            4 => new HttpRequestMessage(HttpMethod.Get, $"/v1/models/{name}"),
            5 => new HttpRequestMessage(HttpMethod.Get, $"/{name}/{name}"),
            6 => new HttpRequestMessage(new HttpMethod(name), "/v1/segment"),
            _ => Host(name),
        };
        using var response = await service.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.InRange((int)response.StatusCode, 400, 499);

        static HttpRequestMessage Segment(string header, string value)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "/v1/segment") { Content = new ByteArrayContent(TestPng.Photo()) };
            request.Headers.TryAddWithoutValidation(header, value);
            return request;
        }

        static HttpRequestMessage Host(string name)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "/v1/segment?task=" + name);
            request.Headers.Host = name + ".example.org";
            return request;
        }
    }

    private async Task<Dictionary<string, double>> SamplesAsync() => (await service.GetAsync("/metrics"))
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Where(static line => line[0] != '#')
        .ToDictionary(static line => line[..line.LastIndexOf(' ')], static line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));

    /// <summary>
    /// Series whose labels requests decide. The others appear when something first happens, whatever is asked for: garbage is
    /// collected, an exception of a type thrown, a connection queued or closed in another way.
    /// </summary>
    private static bool IsOfRequests(string series) =>
        series.StartsWith("ecom2f_", StringComparison.Ordinal) || series.StartsWith("http_server_", StringComparison.Ordinal);

    /// <summary>The runtime corrects some of its sums (JIT time, allocations of threads that ended) itself.</summary>
    private static bool Grows(string series) => !series.StartsWith("dotnet_", StringComparison.Ordinal) && Growing.Any(series.Split('{')[0].EndsWith);
}
