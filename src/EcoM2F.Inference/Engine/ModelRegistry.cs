using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Observability;
using EcoM2F.Inference.Onnx;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EcoM2F.Inference.Engine;

/// <summary>
/// The models that are served. Each passes the same steps before it counts as ready: manifest, hashes, sessions, canary, its most usual input.
/// Reading is thread-safe; loading happens once. Owns the models.
/// </summary>
public sealed class ModelRegistry : IDisposable
{
    /// <summary>Name of the model that serves requests without a model name.</summary>
    public const string DefaultName = "default";

    private readonly ModelFolders _folders;
    private readonly EngineOptions _options;
    private readonly BudgetOptions _caps;
    private readonly EngineResources _resources;
    private readonly InferenceMetrics _metrics;
    private readonly ILogger _logger;
    private volatile bool _ready;
    private volatile bool _warm;
    private volatile IReadOnlyDictionary<string, LoadedModel> _models = new Dictionary<string, LoadedModel>();

    public ModelRegistry(
        ModelFolders folders, IOptions<EngineOptions> options, IOptions<BudgetOptions> caps, EngineResources resources, InferenceMetrics metrics, ILogger<ModelRegistry> logger)
    {
        (_folders, _options, _caps, _resources, _metrics, _logger) = (folders, options.Value, caps.Value, resources, metrics, logger);
    }

    /// <summary>Whether every model passed every step.</summary>
    public bool IsReady => _ready;

    /// <summary>Whether <see cref="WarmUpAsync"/> has ended: no work is left but that of images.</summary>
    internal bool IsWarm => _warm;

    /// <summary>Why loading failed; null if it has not failed.</summary>
    public string? Failure { get; private set; }

    /// <summary>Ordered by name; empty until all are ready.</summary>
    public IReadOnlyCollection<LoadedModel> Models => [.. _models.Values.OrderBy(static model => model.Manifest.Name, StringComparer.Ordinal)];

    /// <param name="name">Null: the model named default, or the only model if there is just one.</param>
    /// <exception cref="SegmentationException">The models are not ready, or none has that name.</exception>
    public LoadedModel Get(string? name)
    {
        RequireReady();
        var models = _models;
        var found = name is null && models.Count == 1 ? models.Values.First() : models.GetValueOrDefault(name ?? DefaultName);
        return found ?? throw new SegmentationException(
            SegmentationError.UnknownModel,
            name is null ? $"No model named '{DefaultName}' is loaded; choose one with 'model'." : $"No model of that name is loaded; loaded are: {string.Join(", ", models.Keys.Order(StringComparer.Ordinal))}.",
            "model");
    }

    /// <exception cref="SegmentationException"><see cref="SegmentationError.NotReady"/> until every model has passed every step.</exception>
    public void RequireReady()
    {
        if (!IsReady)
        {
            throw new SegmentationException(SegmentationError.NotReady, Failure is null ? "Models are still being loaded." : "Models could not be loaded; the log says why.");
        }
    }

    /// <summary>Loads every folder of <see cref="ModelFolders"/>.</summary>
    /// <exception cref="ModelLoadException">A model cannot be served, or there is none; the message says why.</exception>
    public Task LoadAllAsync(CancellationToken cancellationToken) => LoadAsync(() => _folders.ReadAsync(cancellationToken), cancellationToken);

    /// <summary>Loads these model folders and no others.</summary>
    /// <exception cref="ModelLoadException">A model cannot be served; the message says why.</exception>
    public Task LoadAsync(IReadOnlyList<string> folders, CancellationToken cancellationToken) =>
        LoadAsync(() => Task.FromResult<IReadOnlyList<ModelFolder>>([.. folders.Select(path => ModelFolder.OpenVerified(path, cancellationToken))]), cancellationToken);

    /// <summary>Runs every model at what is usual beside its most usual input, where no image waits. A failure is logged, and the models stay ready.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task WarmUpAsync(CancellationToken cancellationToken)
    {
        foreach (var model in _options.Warmup ? Models : [])
        {
            try
            {
                await new ModelWarmup(model, _resources.Device).RunRestAsync(cancellationToken).ConfigureAwait(false);
                ModelLog.Warm(_logger, model.Manifest.Name);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                ModelLog.NotWarm(_logger, model.Manifest.Name, exception);
            }
        }

        _warm = true;
    }

    /// <summary>Stops the device worker first: a session must not be disposed while it runs.</summary>
    public void Dispose()
    {
        _ready = false;
        _resources.Device.Stop();
        foreach (var model in _models.Values)
        {
            _resources.Stems.Drop(model.Sessions);
            model.Dispose();
        }

        _models = new Dictionary<string, LoadedModel>();
    }

    private async Task LoadAsync(Func<Task<IReadOnlyList<ModelFolder>>> read, CancellationToken cancellationToken)
    {
        var loaded = new Dictionary<string, LoadedModel>(StringComparer.Ordinal);
        try
        {
            var folders = await read().ConfigureAwait(false);
            OrtRuntime.Initialize(_options.Threads);
            foreach (var folder in folders)
            {
                var model = await LoadAsync(folder, cancellationToken).ConfigureAwait(false);
                if (!loaded.TryAdd(model.Manifest.Name, model))
                {
                    model.Dispose();
                    throw new ModelLoadException($"{folder.Path}: a model named '{model.Manifest.Name}' is loaded already.");
                }
            }

            _models = loaded;
            _ready = true;
        }
        catch (Exception exception)
        {
            Failure = exception is OperationCanceledException ? null : exception.Message;
            foreach (var model in loaded.Values)
            {
                model.Dispose();
            }

            throw;
        }
    }

    private async Task<LoadedModel> LoadAsync(ModelFolder folder, CancellationToken cancellationToken)
    {
        var start = _resources.Time.GetTimestamp();
        var options = new ModelLoadOptions(new ExecutionTarget(_options.ExecutionProvider, _options.DeviceId))
        {
            OperatorCaps = _caps,
            Time = _resources.Time,
            Precision = string.IsNullOrEmpty(_options.Precision) ? null : _options.Precision,
        };
        var model = await _resources.Device.RunAsync(token => LoadedModel.Load(folder, options, token), TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
        try
        {
            if (_options.Warmup)
            {
                await new ModelWarmup(model, _resources.Device).RunUsualAsync(cancellationToken).ConfigureAwait(false);
                if (_resources.Device.MaxBatch > 1)
                {
                    ModelLog.Batches(_logger, model.Manifest.Name, model.Batches);
                }
            }
        }
        catch
        {
            model.Dispose();
            throw;
        }

        _metrics.ReportModelLoaded(model.Manifest);
        ModelLog.Loaded(_logger, model.Manifest.Name, model.Manifest.Version, options.Target.Provider, model.Precision, _resources.Time.GetElapsedTime(start).TotalSeconds);
        return model;
    }
}
