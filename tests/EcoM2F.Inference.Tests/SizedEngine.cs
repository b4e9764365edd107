using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Inference.Results;
using EcoM2F.TestSupport;
using Microsoft.Extensions.DependencyInjection;

namespace EcoM2F.Inference.Tests;

/// <summary>
/// The engine on a tiny model of three sizes: the gate <c>small</c>, its default, chooses the smallest, <c>own</c> and <c>large</c> the others, each at
/// depth 1; <c>guarded</c> falls back to the own size at depth 3 for every image.
/// </summary>
public sealed class SizedEngine : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ecom2f-sized").FullName;
    private ServiceProvider _services = null!;

    public string ModelFolder => Path.Combine(_folder, "sized");

    public LoadedModel Model => _services.GetRequiredService<ModelRegistry>().Get("sized");

    public SegmentationPipeline Pipeline => _services.GetRequiredService<SegmentationPipeline>();

    public EngineResources Resources => _services.GetRequiredService<EngineResources>();

    public async ValueTask InitializeAsync()
    {
        SizedModel.CompileTo(
            ModelFolder,
            SizedModel.Choosing("small", new GatePoint(SizedModel.Smallest, 1)),
            SizedModel.Choosing("own", new GatePoint(SizedModel.Own, 1)),
            SizedModel.Choosing("large", new GatePoint(SizedModel.Largest, 1)),
            SizedModel.Choosing("guarded", new GatePoint(SizedModel.Largest, 1)) with { Guard = new GateGuard(0.5, new GatePoint(SizedModel.Own, 3)), Leverage = 0.6f },
            new SizedGate("utility", GateProfile.Utility, SizedModel.Points, [0.30f, 0.31f, 0.40f, 0.42f, 0.50f, 0.51f]));
        _services = TinyEngine.Compose(_folder);
        await _services.GetRequiredService<ModelRegistry>().LoadAllAsync(CancellationToken.None);
        await _services.GetRequiredService<ModelRegistry>().WarmUpAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <param name="budget">A Compute-Budget.</param>
    public Task<SegmentationResult> SegmentAsync(string budget, CancellationToken cancellationToken, int width = 64, int height = 64) =>
        Pipeline.SegmentAsync(TinyEngine.Request(Model, TinyEngine.MakePhoto(width, height), ComputeBudgetParser.Parse(budget)), cancellationToken);
}
