using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Imaging;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Requests;
using EcoM2F.Inference.Results;
using EcoM2F.Inference.Scheduling;
using EcoM2F.TestSupport;
using Microsoft.Extensions.DependencyInjection;
using NetVips;

namespace EcoM2F.Inference.Tests;

/// <summary>The engine as the host composes it, on a tiny model of random weights; compiled once for a class of tests.</summary>
public sealed class TinyEngine : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ecom2f-tiny").FullName;
    private ServiceProvider _services = null!;

    public string ModelFolder => Path.Combine(_folder, "tiny");

    public SegmentationPipeline Pipeline => _services.GetRequiredService<SegmentationPipeline>();

    public ModelRegistry Models => _services.GetRequiredService<ModelRegistry>();

    public async ValueTask InitializeAsync()
    {
        TinyModel.CompileTo(ModelFolder);
        _services = Compose(_folder);
        await Models.LoadAllAsync(CancellationToken.None);
        await Models.WarmUpAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <param name="scheduling">Null: neither choices nor refusals depend on load, and images run alone, one after the other.</param>
    /// <param name="threads">0: every core.</param>
    public static ServiceProvider Compose(
        string modelsFolder, int queueImages = 64, BudgetOptions? caps = null, TimeProvider? time = null, SchedulingOptions? scheduling = null, int stemCacheMegabytes = 0, int threads = 0,
        string? precision = null)
    {
        var services = new ServiceCollection().AddLogging().AddMetrics().AddOptions();
        services.Configure<EngineOptions>(options =>
            (options.ModelsFolder, options.QueueImages, options.StemCacheMegabytes, options.Threads, options.Precision) = (modelsFolder, queueImages, stemCacheMegabytes, threads, precision));
        services.Configure<BudgetOptions>(options => (options.MaxDepth, options.MaxGmacs) = (caps?.MaxDepth, caps?.MaxGmacs));
        services.Configure<SchedulingOptions>(options => (options.TargetMilliseconds, options.MaxQueueMilliseconds, options.MaxBatch, options.MaxParallel) =
            (scheduling?.TargetMilliseconds ?? 0, scheduling?.MaxQueueMilliseconds ?? 0, scheduling?.MaxBatch ?? 1, scheduling?.MaxParallel ?? 1));
        services.Configure<ImageLimits>(static _ => { });
        services.AddSingleton(time ?? TimeProvider.System);
        return services.AddEcoM2FEngine().BuildServiceProvider();
    }

    /// <summary>Every panoptic segment that the model's random weights propose, so that results are comparable.</summary>
    public Task<SegmentationResult> SegmentAsync(byte[] image, ComputeBudget? budget = null, SegmentationTasks tasks = SegmentationTasks.Panoptic, CancellationToken cancellationToken = default) =>
        SegmentAsync(_services, Models.Get("tiny"), image, budget, tasks, cancellationToken);

    /// <inheritdoc cref="SegmentAsync(byte[], ComputeBudget?, SegmentationTasks, CancellationToken)"/>
    public static Task<SegmentationResult> SegmentAsync(
        IServiceProvider services, LoadedModel model, byte[] image, ComputeBudget? budget = null, SegmentationTasks tasks = SegmentationTasks.Panoptic, CancellationToken cancellationToken = default)
    {
        var request = Request(model, image, budget);
        return services.GetRequiredService<SegmentationPipeline>().SegmentAsync(
            request with { Postprocessing = request.Postprocessing with { Tasks = tasks, ScoreThreshold = 0, InstanceScoreThreshold = 0, OverlapThreshold = 0 } }, cancellationToken);
    }

    /// <summary>The model's own defaults.</summary>
    public SegmentationRequest Request(byte[] image, ComputeBudget? budget = null) => Request(Models.Get("tiny"), image, budget);

    public static SegmentationRequest Request(LoadedModel model, byte[] image, ComputeBudget? budget = null) => new()
    {
        Model = model,
        Image = image,
        Postprocessing = PostprocessingParameters.For(model.Manifest, TaskNames.DefaultOf(model.Manifest)),
        Budget = ModelBudget.For(budget ?? ComputeBudget.None, model.Manifest),
    };

    /// <summary>A PNG of waves and noise; the same for the same arguments.</summary>
    public static byte[] MakePhoto(int width, int height, int seed = 0)
    {
        var random = new Random(seed);
        var pixels = new byte[width * height * 3];
        for (var i = 0; i < pixels.Length; i++)
        {
            var (x, y) = (i / 3 % width, i / 3 / width);
            pixels[i] = (byte)(128 + (80 * Math.Sin((x * 0.05) + seed + (i % 3))) + (30 * Math.Cos(y * 0.09)) + random.Next(16));
        }

        using var image = Image.NewFromMemory(pixels, width, height, 3, Enums.BandFormat.Uchar);
        return image.PngsaveBuffer();
    }
}
