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

    public Admission Admission => Engine.Admission;

    public DeviceWorker Device => Engine.Device;

    private EngineResources Engine => _factory.Services.GetRequiredService<EngineResources>();

    public async ValueTask InitializeAsync()
    {
        SizedModel.CompileTo(Path.Combine(_models, "sized"), SizedModel.Choosing("large", new GatePoint(SizedModel.Largest, 3)));
        _factory = new Factory(_models, Time);
        _factory.UseKestrel(0);
        Client = _factory.CreateClient();
        while (true)
        {
            using var ready = await Client.GetAsync(new Uri("/readyz", UriKind.Relative), TestContext.Current.CancellationToken);
            if (ready.StatusCode == HttpStatusCode.OK && _factory.Services.GetRequiredService<ModelRegistry>().IsWarm) // whose times the clock would spoil
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

    /// <param name="headers">Further ones: name and value.</param>
    public async Task<HttpResponseMessage> PostAsync(string budget = "", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/segment") { Content = new ByteArrayContent(TestPng.Photo()) };
        request.Headers.TryAddWithoutValidation("Compute-Budget", budget);
        Array.ForEach(headers, header => request.Headers.TryAddWithoutValidation(header.Name, header.Value));
        return await Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>Keeps the device busy until disposed.</summary>
    public async Task<IAsyncDisposable> OccupyAsync()
    {
        var busy = new BusyDevice(Device);
        await busy.Begun;
        return busy;
    }

    /// <summary>Returns when so many jobs wait for the device.</summary>
    public async Task WaitingAsync(int jobs)
    {
        while (Device.Waiting != jobs)
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
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
            .UseSetting("Engine:StemCacheMegabytes", "0")
            .UseSetting("Http:TrustedProxies:0", "127.0.0.0/8")
            .UseSetting("Http:TrustedProxies:1", "::1")
            .ConfigureTestServices(services => services.AddSingleton(time).AddSingleton<Random>(new LeastRandom()));
    }

    private sealed class BusyDevice : IAsyncDisposable
    {
        private readonly ManualResetEventSlim _release = new();
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Task<int> _job;

        public BusyDevice(DeviceWorker device) => _job = device.RunAsync(Wait, TimeSpan.Zero, CancellationToken.None);

        public Task Begun => _begun.Task;

        public async ValueTask DisposeAsync()
        {
            _release.Set();
            await _job;
            _release.Dispose();
        }

        private int Wait(CancellationToken cancellationToken)
        {
            _begun.SetResult();
            _release.Wait(cancellationToken);
            return 0;
        }
    }

    private sealed class LeastRandom : Random
    {
        public override int Next(int maxValue) => 0;
    }
}
