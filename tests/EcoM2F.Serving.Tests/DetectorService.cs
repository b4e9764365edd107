using EcoM2F.TestSupport;

namespace EcoM2F.Serving.Tests;

/// <summary>
/// The whole service with a tiny detector, in a process of its own: metrics are a process's, and those of <see cref="Service"/>
/// are compared from scrape to scrape.
/// </summary>
public sealed class DetectorService : IAsyncLifetime
{
    private readonly string _models = Directory.CreateTempSubdirectory("ecom2f-detector-").FullName;
    private ServiceProcess _process = null!;

    public async ValueTask InitializeAsync()
    {
        TinyDetector.CompileTo(Path.Combine(_models, Service.ModelName));
        _process = await ServiceProcess.StartAsync(["--Engine:ModelsFolder", _models, "--Serilog:MinimumLevel:Default", "Error"], TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Directory.Delete(_models, recursive: true);
    }

    public async Task<HttpResponseMessage> PostAsync(byte[] image, string query = "", string? budget = null, string? accept = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/segment" + query) { Content = new ByteArrayContent(image) };
        foreach (var (name, value) in new[] { ("Compute-Budget", budget), ("Accept", accept) })
        {
            if (value is not null)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return await _process.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public Task<string> GetAsync(string path) => _process.Client.GetStringAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
}
