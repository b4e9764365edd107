using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using Microsoft.Extensions.Options;

namespace EcoM2F.Inference.Engine;

/// <summary>
/// The folders under the models folder: found, read and verified once. That may begin before anyone asks for them. Thread-safe. Disposing waits for
/// the file that is being read.
/// </summary>
public sealed class ModelFolders(IOptions<EngineOptions> options) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private Task<IReadOnlyList<ModelFolder>>? _reading;

    /// <summary>Begins on another thread, beside whatever else starts: manifests, hashes, and the runtime that sessions will need. What goes wrong is for <see cref="ReadAsync"/> to say.</summary>
    public void BeginReading() => Reading();

    /// <returns>Ordered by path; at least one.</returns>
    /// <exception cref="ModelLoadException">A folder is not a model's, a file of it is not what its manifest says, or there is none; the message says why.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled, or this was disposed while it read.</exception>
    public Task<IReadOnlyList<ModelFolder>> ReadAsync(CancellationToken cancellationToken) => Reading().WaitAsync(cancellationToken);

    public void Dispose()
    {
        _stop.Cancel();
        lock (_lock)
        {
            _reading?.ContinueWith(static _ => { }, TaskScheduler.Default).Wait();
        }

        _stop.Dispose();
    }

    private Task<IReadOnlyList<ModelFolder>> Reading()
    {
        lock (_lock)
        {
            return _reading ??= Task.Run(Read, _stop.Token);
        }
    }

    private IReadOnlyList<ModelFolder> Read()
    {
        ModelFolder[] folders = [.. Find().Select(path => ModelFolder.OpenVerified(path, _stop.Token))];
        OrtRuntime.Initialize(options.Value.Threads);
        return folders;
    }

    private string[] Find()
    {
        var root = options.Value.ModelsFolder ?? throw new ModelLoadException("No models folder was found; name one with Engine:ModelsFolder.");
        if (!Directory.Exists(root))
        {
            throw new ModelLoadException($"The models folder {Path.GetFullPath(root)} does not exist; name one with Engine:ModelsFolder.");
        }

        var folders = Directory.GetDirectories(root)
            .Where(static folder => !Path.GetFileName(folder).StartsWith('.') && File.Exists(Path.Combine(folder, ModelManifest.FileName)))
            .Order(StringComparer.Ordinal)
            .ToArray();
        return folders.Length > 0
            ? folders
            : throw new ModelLoadException($"The models folder {Path.GetFullPath(root)} contains no model: none of its folders has a {ModelManifest.FileName}.");
    }
}
