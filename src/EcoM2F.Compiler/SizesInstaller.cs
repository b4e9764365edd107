using EcoM2F.Compiler.Adapters;
using EcoM2F.Compiler.Costs;
using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler;

/// <summary>
/// Gives a finished model folder other sizes. Graphs take any size, so only the manifest changes: its sizes, their costs, and the gates that
/// chose among sizes that are gone; see <see cref="ModelFolderChange"/> for what a reader finds meanwhile. Files of removed gates stay until
/// the next gate is installed, for who read the old manifest.
/// </summary>
public static class SizesInstaller
{
    /// <summary>1. Take the folder's lock and read it, or a copy of it. 2. Count costs. 3. Replace the manifest.</summary>
    /// <param name="list">As <see cref="SizeList"/> has it.</param>
    /// <param name="outputFolder">A folder that does not exist, for a changed copy, which is named after it. Null, or the model's own folder: in place.</param>
    /// <param name="removeGates">Whether to remove gates that choose among sizes that change; otherwise they are an error.</param>
    /// <param name="progress">A line before each step; an exception from it ends the work.</param>
    /// <exception cref="CompileException">The list is wrong, a gate needs a size that it leaves out, or the output exists; nothing has changed.</exception>
    /// <exception cref="ModelLoadException">The folder is not a complete model.</exception>
    public static InstalledSizes Install(
        string modelFolder, string list, string? outputFolder, bool removeGates, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        if (outputFolder is null || IsSame(outputFolder, modelFolder))
        {
            return Install(modelFolder, list, removeGates, progress, cancellationToken);
        }

        using var copy = new ModelFolderCopy(modelFolder, outputFolder);
        copy.CopyFiles(cancellationToken);
        var installed = Install(copy.Folder, list, removeGates, progress, cancellationToken);
        copy.Commit(installed.Manifest);
        return installed;
    }

    private static InstalledSizes Install(string modelFolder, string list, bool removeGates, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        // 1. the manifest
        using var change = new ModelFolderChange(modelFolder);
        var folder = change.Folder;
        folder.VerifyHashes(cancellationToken);
        var before = folder.Manifest;
        var after = before with { Sizes = SizeList.Parse(list, before.Preprocessing) };
        var broken = before.Gates?.Profiles.Where(profile => IsBroken(profile.Value, before, after)).Select(static profile => profile.Key).Order(StringComparer.Ordinal).ToList() ?? [];
        if (broken.Count > 0 && !removeGates)
        {
            throw new CompileException($"The gates {string.Join(", ", broken)} of model '{before.Name}' choose among sizes that this list changes ({string.Join(", ", before.ShortestEdges)} until now); keep those sizes, or remove the gates with --force and train them again.");
        }

        // 2. costs
        progress?.Report("Counting costs");
        after = WithoutGates(after, broken) with { Costs = Costs(folder, after) };

        // 3. the manifest
        progress?.Report("Replacing the manifest");
        change.Commit(after);
        return new InstalledSizes(after, broken);
    }

    /// <summary>Whether a gate loses one of its sizes, or would read another size's feature than the one it was trained on.</summary>
    private static bool IsBroken(GateProfile gate, ModelManifest before, ModelManifest after)
    {
        var needed = before.PointsOf(gate).Select(static point => point.Size).Append(before.SizeReadBy(gate)).Distinct();
        return after.SizeReadBy(gate) != before.SizeReadBy(gate)
            || needed.Any(size => !after.ShortestEdges.Contains(size) || after.PreprocessingAt(size) != before.PreprocessingAt(size));
    }

    /// <summary>The default passes to the first classifier that is left; a utility gate alone cannot stay.</summary>
    private static ModelManifest WithoutGates(ModelManifest model, IReadOnlyList<string> removed)
    {
        if (model.Gates is not { } gates || removed.Count == 0)
        {
            return model;
        }

        var kept = gates.Profiles.Where(profile => !removed.Contains(profile.Key)).ToDictionary(StringComparer.Ordinal);
        var next = kept.ContainsKey(gates.Default) ? gates.Default
            : kept.Where(static profile => profile.Value.Kind == GateProfile.Classifier).Select(static profile => profile.Key).Order(StringComparer.Ordinal).FirstOrDefault();
        var left = next is null ? null : new GateSet(next, kept);
        var files = gates.Profiles.Values.Select(static gate => gate.File).Except(left?.Profiles.Values.Select(static gate => gate.File) ?? []).ToHashSet();
        return model with
        {
            Gates = left,
            Sha256 = new SortedDictionary<string, string>(model.Sha256.Where(file => !files.Contains(file.Key)).ToDictionary(), StringComparer.Ordinal),
        };
    }

    /// <summary>Counted from the folder's own graphs; a fused graph has the products of the portable one that it replaces.</summary>
    private static IReadOnlyList<ModelCost> Costs(ModelFolder folder, ModelManifest model)
    {
        var (stem, encoder) = (Graph(GraphStages.Stem), Graph(GraphStages.EncoderExits));
        AdaptedGraph.Detach(encoder);
        return AdapterCosts.AddTo(ModelCosts.Count(model, stem, (encoder, model.MaxDepth), exit => Graph(GraphStages.Decoder, exit)), stem, [.. model.ExitAdapters?.Exits ?? []]);

        ModelProto Graph(string stage, int? exit = null) => GraphFile.Read(folder.PathOf(
            model.Graphs.Where(graph => graph.Stage == stage && graph.Exit == exit && graph.Precision == GraphPrecisions.Fp32).OrderBy(static graph => graph.Flavour == GraphFlavours.Fused).First().File));
    }

    private static bool IsSame(string one, string other) =>
        Path.TrimEndingDirectorySeparator(Path.GetFullPath(one)) == Path.TrimEndingDirectorySeparator(Path.GetFullPath(other));
}
