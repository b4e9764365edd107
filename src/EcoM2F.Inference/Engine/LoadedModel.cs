using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;

namespace EcoM2F.Inference.Engine;

/// <summary>A model that is ready to run: its description, its sessions, and what it has been measured to cost.</summary>
public sealed class LoadedModel : IDisposable
{
    internal LoadedModel(ModelFolder folder, ModelSessions sessions, BudgetOptions operatorCaps, TimeProvider time)
    {
        Folder = folder;
        Sessions = sessions;
        Costs = new CostTable(folder.Manifest.Costs);
        Depths = new DepthPolicy(folder.Manifest, Costs, operatorCaps);
        Latency = new LatencyTable(time);
    }

    public ModelManifest Manifest => Folder.Manifest;

    public CostTable Costs { get; }

    public DepthPolicy Depths { get; }

    /// <summary>Times by input size and tasks: filled at warm-up, kept current by what is served.</summary>
    public LatencyTable Latency { get; }

    internal ModelFolder Folder { get; }

    internal ModelSessions Sessions { get; }

    public void Dispose() => Sessions.Dispose();
}
