using System.Net;
using System.Text.Json;
using EcoM2F.Inference.Engine;
using EcoM2F.Serving.Tests;
using EcoM2F.TestSupport;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;

[assembly: AssemblyFixture(typeof(Service))]

namespace EcoM2F.Serving.Tests;

/// <summary>The whole service, over real HTTP on a loopback port, with a tiny model of random weights.</summary>
public sealed class Service : IAsyncLifetime
{
    public const string ModelName = "tiny";
    public const int MaxBytes = 300_000;

    private readonly string _models = Directory.CreateTempSubdirectory("ecom2f-models-").FullName;
    private Factory _factory = null!;

    public HttpClient Client { get; private set; } = null!;

    public IServiceProvider Services => _factory.Services;

    public async ValueTask InitializeAsync()
    {
        TinyModel.CompileTo(Path.Combine(_models, ModelName));
        _factory = new Factory(_models);
        _factory.UseKestrel(0);
        Client = _factory.CreateClient();
        await WaitUntilReadyAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _factory.DisposeAsync();
        Directory.Delete(_models, recursive: true);
    }

    public Task<HttpResponseMessage> PostAsync(byte[] image, string query = "", string? budget = null, string? accept = null, string type = "image/png") =>
        PostAsync(new ByteArrayContent(image) { Headers = { ContentType = new(type) } }, query, budget, accept);

    public async Task<HttpResponseMessage> PostAsync(HttpContent content, string query = "", string? budget = null, string? accept = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/segment" + query) { Content = content };
        if (budget is not null)
        {
            request.Headers.TryAddWithoutValidation("Compute-Budget", budget);
        }

        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        return await Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public Task<string> GetAsync(string path) => Client.GetStringAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);

    public static async Task<JsonElement> JsonAsync(HttpResponseMessage response) =>
        JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).RootElement;

    private async Task WaitUntilReadyAsync()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        while (true)
        {
            using var response = await Client.GetAsync(new Uri("/readyz", UriKind.Relative), cancellationToken);
            if (response.StatusCode == HttpStatusCode.OK && Services.GetRequiredService<ModelRegistry>().IsWarm)
            {
                return;
            }

            await Task.Delay(50, cancellationToken);
        }
    }

    private sealed class Factory(string models) : WebApplicationFactory<Program>
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder) => builder
            .UseSetting("Engine:ModelsFolder", models)
            .UseSetting("Engine:StemCacheMegabytes", "0")
            .UseSetting("Scheduling:TargetMilliseconds", "0") // tests run beside one another
            .UseSetting("Scheduling:MaxQueueMilliseconds", "0")
            .UseSetting("Limits:MaxBytes", MaxBytes.ToString(System.Globalization.CultureInfo.InvariantCulture))
            .UseSetting("Cors:Origins:0", "https://example.org")
            .UseSetting("Serilog:MinimumLevel:Default", "Error")
            .UseSetting("Serilog:MinimumLevel:Override:Microsoft.Hosting.Lifetime", "Warning");
    }
}
