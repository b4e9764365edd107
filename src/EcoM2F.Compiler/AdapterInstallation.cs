using System.Text.Json.Nodes;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler;

/// <summary>Adapters to be put into a model folder.</summary>
public sealed record AdapterInstallation
{
    /// <summary>One for each exit that gets one; none takes away those that are there.</summary>
    public IReadOnlyList<ExitAdapter> Adapters { get; init; } = [];

    /// <inheritdoc cref="ExitAdapterSet"/>
    public int Photos { get; init; }

    /// <inheritdoc cref="ExitAdapterSet"/>
    public IReadOnlyDictionary<int, IReadOnlyList<double>> RelativeError { get; init; } = new Dictionary<int, IReadOnlyList<double>>();

    /// <summary>How they came to be, for the manifest's provenance.</summary>
    public JsonObject? Provenance { get; init; }

    /// <summary>Writes a canary to a file, for a folder whose manifest is still to be written: folder, manifest, file.</summary>
    public required Action<string, ModelManifest, string, CancellationToken> WriteCanary { get; init; }

    /// <summary>A line before each step; an exception from it ends the installation.</summary>
    public IProgress<string>? Progress { get; init; }
}
