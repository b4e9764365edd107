using System.Net;
using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Scheduling;
using EcoM2F.TestSupport;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace EcoM2F.Serving.Tests;

/// <summary>
/// The whole service with the default laws of load and a clock that tests move; on a tiny model of three sizes, whose gate chooses the largest.
/// Other images in progress are places that a test holds.
/// </summary>
public sealed class BusyService : IAsyncLifetime
{
    private readonly string _models = Directory.CreateTempSubdirectory("ecom2f-busy-").FullName;
    private Factory _factory = null!;

    public FakeTimeProvider Time { get; } = new();

    public HttpClient Client { get; private set; } = null!;

    public Admission Admission => _factory.Services.GetRequiredService<EngineResources>().Admission;

    public async ValueTask InitializeAsync()
    {
        SizedModel.CompileTo(Path.Combine(_models, "sized"), SizedModel.Choosing("large", new GatePoint(SizedModel.Largest, 3)));
        _factory = new Factory(_models, Time);
        Client = _factory.CreateClient();
        while (true)
        {
            using var ready = await Client.GetAsync(new Uri("/readyz", UriKind.Relative), TestContext.Current.CancellationToken);
            if (ready.StatusCode == HttpStatusCode.OK)
            {
                return;
            }

            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _factory.DisposeAsync();
        Directory.Delete(_models, recursive: true);
    }

    public async Task<HttpResponseMessage> PostAsync(string budget = "")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/segment") { Content = new ByteArrayContent(TestPng.Photo()) };
        request.Headers.TryAddWithoutValidation("Compute-Budget", budget);
        return await Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>The value of a metric without labels.</summary>
    public async Task<string> MetricAsync(string name)
    {
        var metrics = await Client.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        return metrics.Split('\n').Single(line => line.StartsWith(name + "{} ", StringComparison.Ordinal))[(name.Length + 3)..];
    }

    private sealed class Factory(string models, TimeProvider time) : WebApplicationFactory<Program>
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder) => builder
            .UseSetting("Engine:ModelsFolder", models)
            .UseSetting("Serilog:MinimumLevel:Default", "Error")
            .ConfigureTestServices(services => services.AddSingleton(time).AddSingleton<Random>(new LeastRandom()));
    }

    private sealed class LeastRandom : Random
    {
        public override int Next(int maxValue) => 0;
    }
}
