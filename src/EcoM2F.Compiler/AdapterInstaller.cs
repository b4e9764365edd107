using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using EcoM2F.Compiler.Adapters;
using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Compiler.Quantization;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler;

/// <summary>
/// Puts adapters of exits into a finished model folder, in place of those that it has, or takes them out. Only the graphs of the encoder,
/// a file of the adapters' weights, the canary and the manifest are written, and int8 graphs are removed; see <see cref="ModelFolderChange"/> for what a reader finds
/// meanwhile.
/// </summary>
public sealed partial class AdapterInstaller
{
    private const string ProvenanceKey = "exit_adapters";

    private readonly ModelFolderChange _change;
    private readonly AdapterInstallation _work;
    private readonly CancellationToken _cancellationToken;

    private AdapterInstaller(ModelFolderChange change, AdapterInstallation work, CancellationToken cancellationToken) =>
        (_change, _work, _cancellationToken) = (change, work, cancellationToken);

    /// <summary>
    /// 1. Take the folder's lock and read its manifest. 2. Write the adapters' weights. 3. Write the encoder's graphs, each with its exits'
    /// adapters. 4. Count costs. 5. Let the canary be written. 6. Replace the manifest. 7. Remove what the manifest before last named.
    /// </summary>
    /// <returns>The manifest that was written.</returns>
    /// <exception cref="CompileException">An adapter does not fit the model, or the folder is being changed by another command.</exception>
    /// <exception cref="ModelLoadException">The folder is not a complete model.</exception>
    public static ModelManifest Install(string modelFolder, AdapterInstallation work, CancellationToken cancellationToken)
    {
        // 1. the manifest
        using var change = new ModelFolderChange(modelFolder);
        return new AdapterInstaller(change, work, cancellationToken).Run();
    }

    /// <summary>The same for a copy of a model: the folder is there when it is complete, or not at all.</summary>
    /// <param name="output">A folder that does not exist.</param>
    /// <returns>The manifest that was written.</returns>
    /// <exception cref="CompileException">As <see cref="Install"/>; or the output exists.</exception>
    /// <exception cref="ModelLoadException">The folder is not a complete model.</exception>
    public static ModelManifest InstallCopy(string modelFolder, string output, AdapterInstallation work, CancellationToken cancellationToken)
    {
        using var copy = new ModelFolderCopy(modelFolder, output);
        copy.CopyFiles(cancellationToken);
        var manifest = Install(copy.Folder, work, cancellationToken);
        copy.Commit(manifest);
        return manifest;
    }

    /// <summary>Finds out before long work whether its result could be written.</summary>
    /// <param name="output">Folder of the copy; null where the model is changed in place.</param>
    /// <exception cref="CompileException">The output exists, or the folder is being changed by another command.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public static void RequireWritable(string modelFolder, string? output)
    {
        if (output is null)
        {
            new ModelFolderChange(modelFolder).Dispose();
        }
        else
        {
            new ModelFolderCopy(modelFolder, output).Dispose();
        }
    }

    private ModelManifest Run()
    {
        // Graphs that were made by measurement hold for the exits as they were.
        var before = MadePrecisions.RemoveFrom(_change.Folder.Manifest);
        Check(before);

        // 2. weights
        _work.Progress?.Report(_work.Adapters.Count == 0 ? "Removing the adapters" : "Writing the adapters");
        var weights = new WeightStore();
        var graphs = _work.Adapters.ToDictionary(static adapter => adapter.Exit, adapter => AdapterGraph.Build(adapter, weights));
        var halves = before.Graphs.Any(static graph => graph.Precision == GraphPrecisions.Fp16)
            ? graphs.ToDictionary(static graph => graph.Key, graph => HalfPrecision.Convert(graph.Value, weights))
            : graphs;
        var hashes = new SortedDictionary<string, string>(before.Sha256.ToDictionary(), StringComparer.Ordinal);
        hashes.Remove(before.Canary);
        hashes.Remove(before.ExitAdapters?.File ?? "");
        var weightsFile = graphs.Count == 0 ? null : AddWeights(weights, hashes);

        // 3. graphs
        var entries = before.Graphs.Select(entry => entry.Stage is GraphStages.Encoder or GraphStages.EncoderExits
            ? Rewrite(entry, entry.Precision == GraphPrecisions.Fp16 ? halves : graphs, (weights, weightsFile), hashes)
            : entry).ToList();

        // 4. costs
        var stem = GraphFile.Read(_change.Folder.PathOf(before.Graphs.First(static graph => graph is { Stage: GraphStages.Stem, Precision: GraphPrecisions.Fp32 }).File));
        var after = before with
        {
            Graphs = entries,
            Costs = AdapterCosts.AddTo(before.Costs, stem, graphs.Keys),
            ExitAdapters = weightsFile is null ? null : new ExitAdapterSet(weightsFile, _work.Photos, _work.RelativeError),
            Provenance = Provenance(before),
            Sha256 = hashes,
        };

        // 5. canary
        _work.Progress?.Report("Running the canary");
        var canary = _change.Temporary();
        _work.WriteCanary(_change.Folder.Path, after, canary, _cancellationToken);
        var (name, hash) = _change.Add(canary, "canary", ".safetensors");
        hashes[name] = hash;
        after = after with { Canary = name };

        // 6. the manifest
        _work.Progress?.Report("Replacing the manifest");
        _cancellationToken.ThrowIfCancellationRequested();
        _change.Commit(after);

        // 7. old files
        _change.RemoveUnnamed(after, static name => OurFile().IsMatch(name) || MadePrecisions.IsFile(name));
        return after;
    }

    private void Check(ModelManifest model)
    {
        if (!model.Sha256.ContainsKey(model.Canary))
        {
            throw new CompileException($"{_change.Folder.Path} has no canary; compile the model again.");
        }

        if (_work.Adapters.FirstOrDefault(adapter => !model.Exits.Contains(adapter.Exit) || adapter.Exit == model.MaxDepth) is { } wrong)
        {
            throw new CompileException($"An adapter is for exit {wrong.Exit}; allowed are {string.Join(", ", model.Exits.SkipLast(1))}.");
        }
    }

    private string AddWeights(WeightStore weights, SortedDictionary<string, string> hashes)
    {
        var temporary = _change.Temporary();
        weights.WriteFile(temporary);
        var (name, hash) = _change.Add(temporary, "adapters", ".bin");
        hashes[name] = hash;
        return name;
    }

    /// <summary>A graph without adapters gets the name back that the compiler gave it.</summary>
    private GraphEntry Rewrite(GraphEntry entry, Dictionary<int, ModelProto> adapters, (WeightStore Store, string? File) weights, SortedDictionary<string, string> hashes)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        var model = GraphFile.Read(_change.Folder.PathOf(entry.File));
        AdaptedGraph.Detach(model);
        var all = entry.Stage == GraphStages.EncoderExits;
        var wanted = adapters.Where(adapter => all || adapter.Key == entry.Exit).OrderBy(static adapter => adapter.Key).ToList();
        foreach (var (exit, adapter) in wanted)
        {
            CheckShape(model, _work.Adapters.First(item => item.Exit == exit), entry.File);
            AdaptedGraph.Attach(model, all ? GraphTensors.EncoderAt(exit) : GraphTensors.Encoder, adapter, exit, withRaw: all);
        }

        var temporary = _change.Temporary();
        GraphFile.Write(model, weights.Store, temporary, weights.File ?? WeightStore.FileName);
        if (ModelFolderChange.HashOf(temporary) == _change.Folder.Manifest.Sha256[entry.File])
        {
            File.Delete(temporary);
            return entry;
        }

        hashes.Remove(entry.File);
        var plain = PlainName(entry.File);
        var (name, hash) = wanted.Count == 0
            ? _change.AddAs(temporary, plain)
            : _change.Add(temporary, plain[..plain.IndexOf('.', StringComparison.Ordinal)], plain[plain.IndexOf('.', StringComparison.Ordinal)..]);
        hashes[name] = hash;
        return entry with { File = name };
    }

    private static void CheckShape(ModelProto model, ExitAdapter adapter, string file)
    {
        var levels = model.Graph.Input.FirstOrDefault(static input => input.Name == GraphTensors.SpatialShapes) is { } shapes ? Dim(shapes, 0) : 1;
        var width = Dim(model.Graph.Output[0], 2);
        if (levels != adapter.Levels.Count || width != adapter.Width)
        {
            throw new CompileException($"The adapter of exit {adapter.Exit} is for {adapter.Levels.Count} levels of width {adapter.Width}; {file} has {levels} of width {width}.");
        }
    }

    private static long Dim(ValueInfoProto value, int axis) => value.Type.TensorType.Shape.Dim[axis].DimValue;

    private JsonObject? Provenance(ModelManifest before)
    {
        var provenance = before.Provenance?.DeepClone().AsObject() ?? [];
        provenance.Remove(ProvenanceKey);
        if (_work.Adapters.Count > 0 && _work.Provenance is { } mine)
        {
            provenance[ProvenanceKey] = mine.DeepClone();
        }

        return provenance.Count > 0 || before.Provenance is { Count: 0 } ? provenance : null;
    }

    private static string PlainName(string file) => HashInName().Replace(file, "$1");

    [GeneratedRegex(@"^(encoder-[^.]*?)-[0-9a-f]{8}(?=\.)")]
    private static partial Regex HashInName();

    [GeneratedRegex(@"^(encoder-[^.]+(\.fused|\.fp16)?\.onnx|adapters-[0-9a-f]{8}\.bin|canary(-[0-9a-f]{8})?\.safetensors)\z")]
    private static partial Regex OurFile();
}
