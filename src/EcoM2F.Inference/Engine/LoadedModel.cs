using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Scheduling;
using EcoM2F.Inference.Verification;

namespace EcoM2F.Inference.Engine;

/// <summary>A model that is ready to run: its manifest, its sessions and its measured times. Owns the sessions; dispose it only when none of them runs.</summary>
public sealed class LoadedModel : IDisposable
{
    private LoadedModel(ModelFolder folder, ModelSessions sessions, ModelLoadOptions options)
    {
        (Folder, Sessions, Time) = (folder, sessions, options.Time);
        Costs = new CostTable(folder.Manifest.Costs);
        Planner = new ComputePlanner(folder.Manifest, Costs, options.OperatorCaps);
        Latency = new LatencyTable(options.Time);
    }

    public ModelManifest Manifest => Folder.Manifest;

    /// <summary>Of the graphs that run: one of <see cref="GraphPrecisions"/>.</summary>
    public string Precision => Sessions.Precision;

    internal CostTable Costs { get; }

    internal ComputePlanner Planner { get; }

    /// <summary>Stage times by input size and tasks; filled at warm-up and updated by served images.</summary>
    internal LatencyTable Latency { get; }

    /// <summary>How many images it pays to run together; filled at warm-up.</summary>
    internal BatchTable Batches { get; } = new();

    internal ModelFolder Folder { get; }

    internal ModelSessions Sessions { get; }

    internal TimeProvider Time { get; }

    /// <summary>
    /// Loads a model folder: (1) manifest, (2) hashes, (3) sessions, (4) canary. The service, the command line and the recipe all load
    /// models here; what a service then runs before images come is in <see cref="ModelWarmup"/>. <see cref="OrtRuntime.Initialize"/> must have been called.
    /// </summary>
    /// <exception cref="ModelLoadException">The model cannot be loaded, or its canary fails on this machine.</exception>
    public static LoadedModel Load(string path, ModelLoadOptions options, CancellationToken cancellationToken) =>
        Load(ModelFolder.OpenVerified(path, cancellationToken), options, cancellationToken);

    /// <summary>From (3) on.</summary>
    /// <param name="folder">Verified.</param>
    /// <exception cref="ModelLoadException">The model cannot be loaded, or its canary fails on this machine.</exception>
    internal static LoadedModel Load(ModelFolder folder, ModelLoadOptions options, CancellationToken cancellationToken)
    {
        var sessions = options.Precision is { } precision
            ? ModelSessions.Open(folder, options.Target, allExitsGraph: options.AllExits, precision: precision)
            : PrecisionChoice.OpenFastest(folder, options, cancellationToken);
        var model = new LoadedModel(folder, sessions, options);
        try
        {
            model.RequireCanary(cancellationToken);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    public void Dispose() => Sessions.Dispose();

    private void RequireCanary(CancellationToken cancellationToken)
    {
        if (!Manifest.Sha256.ContainsKey(Manifest.Canary))
        {
            throw new ModelLoadException($"{Folder.Path} has no canary; compile it again.");
        }

        var report = ModelVerifier.VerifyCanary(Sessions, Folder, null, cancellationToken);
        if (!report.Passed)
        {
            var way = Precision == GraphPrecisions.Fp32 ? "" : $" The {Precision} graphs ran; --Engine:Precision=fp32 does without them.";
            throw new ModelLoadException($"{Folder.Path}: the canary failed on this machine: {string.Join(" ", report.Failures.Take(3))}{way}");
        }
    }
}
