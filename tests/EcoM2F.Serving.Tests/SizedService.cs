using EcoM2F.Inference.Models;
using EcoM2F.TestSupport;

namespace EcoM2F.Serving.Tests;

/// <summary>The whole service with a tiny model of three sizes and one of two decoder exits, "cut", in a process of its own, as <see cref="DetectorService"/>.</summary>
public sealed class SizedService : IAsyncLifetime
{
    private readonly string _models = Directory.CreateTempSubdirectory("ecom2f-sized-").FullName;
    private ServiceProcess _process = null!;

    public async ValueTask InitializeAsync()
    {
        SizedModel.CompileTo(
            Path.Combine(_models, "sized"),
            SizedModel.Choosing("large", new GatePoint(SizedModel.Largest, 1)),
            SizedModel.Choosing("guarded", new GatePoint(SizedModel.Largest, 1)) with { Guard = new GateGuard(0.5, new GatePoint(SizedModel.Own, 3)), Leverage = 0.6f },
            new SizedGate("utility", GateProfile.Utility, SizedModel.Points, [0.30f, 0.31f, 0.40f, 0.42f, 0.50f, 0.51f]));
        CutModel.CompileTo(
            Path.Combine(_models, "cut"),
            CutModel.Choosing("short", new GatePoint(SizedModel.Own, 3, 1)),
            new SizedGate("utility", GateProfile.Utility, CutModel.Points, [0.30f, 0.40f, 0.35f, 0.41f]));
        _process = await ServiceProcess.StartAsync(["--Engine:ModelsFolder", _models, "--Serilog:MinimumLevel:Default", "Error"], TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Directory.Delete(_models, recursive: true);
    }

    public async Task<HttpResponseMessage> PostAsync(byte[] image, string budget, string model = "sized")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/segment?model={model}") { Content = new ByteArrayContent(image) };
        request.Headers.TryAddWithoutValidation("Compute-Budget", budget);
        return await _process.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public Task<string> GetAsync(string path) => _process.Client.GetStringAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
}
