using EcoM2F.Compiler.Costs;
using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler;

/// <summary>
/// Gives a finished model folder other sizes. Graphs take any size, so only the manifest changes: its sizes, their costs, and the gates that
/// chose among sizes that are gone. It is replaced in one step; whoever reads the folder meanwhile, or after a kill at any moment, finds the old
/// model whole or the new one. Files of removed gates stay until the next gate is installed, for who read the old manifest.
/// </summary>
public static class SizesInstaller
{
    private const string TemporaryPrefix = ".sizes.";
    private const string Card = "README.md";

    /// <summary>1. Take the folder's lock, where it changes, and read it. 2. Count costs. 3. Replace the manifest, or write a copy of the folder.</summary>
    /// <param name="list">As <see cref="SizeList"/> has it.</param>
    /// <param name="outputFolder">A folder for the changed copy; the copy is named after it. Null, or the model's own folder: in place.</param>
    /// <param name="removeGates">Whether to remove gates that choose among sizes that change; otherwise they are an error.</param>
    /// <param name="progress">A line before each step; an exception from it ends the work.</param>
    /// <exception cref="CompileException">The list is wrong, or a gate needs a size that it leaves out; nothing has changed.</exception>
    /// <exception cref="ModelLoadException">The folder is not a complete model.</exception>
    public static InstalledSizes Install(
        string modelFolder, string list, string? outputFolder, bool removeGates, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        // 1. the manifest
        var inPlace = outputFolder is null || IsSame(outputFolder, modelFolder);
        using var mutex = inPlace ? GateInstaller.Lock(Path.GetFullPath(modelFolder)) : null;
        var folder = ModelFolder.Open(modelFolder);
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

        // 3. in place, or the copy
        progress?.Report("Writing the model");
        if (inPlace)
        {
            Replace(folder.Path, after, progress);
            return new InstalledSizes(after, broken);
        }

        return new InstalledSizes(Copy(folder, after, outputFolder!, cancellationToken), broken);
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
        return ModelCosts.Count(model, Graph(GraphStages.Stem), (Graph(GraphStages.EncoderExits), model.MaxDepth), Graph(GraphStages.Decoder));

        ModelProto Graph(string stage)
        {
            var entry = model.Graphs.Where(graph => graph.Stage == stage && graph.Precision == GraphPrecisions.Fp32).OrderBy(static graph => graph.Flavour == GraphFlavours.Fused).First();
            using var stream = File.OpenRead(folder.PathOf(entry.File));
            return ModelProto.Parser.ParseFrom(stream);
        }
    }

    private static void Replace(string folder, ModelManifest model, IProgress<string>? progress)
    {
        foreach (var left in Directory.EnumerateFiles(folder, $"{TemporaryPrefix}*.tmp"))
        {
            File.Delete(left); // of a run that was killed
        }

        var temporary = Path.Combine(folder, $"{TemporaryPrefix}{Guid.NewGuid():N}.tmp");
        try
        {
            using (var stream = File.Create(temporary))
            {
                stream.Write(System.Text.Encoding.UTF8.GetBytes(model.ToJson() + "\n"));
                stream.Flush(flushToDisk: true);
            }

            progress?.Report("Replacing the manifest");
            File.Move(temporary, Path.Combine(folder, ModelManifest.FileName), overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private static ModelManifest Copy(ModelFolder source, ModelManifest model, string target, CancellationToken cancellationToken)
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(target)));
        if (!ModelManifest.IsName(name))
        {
            throw new CompileException($"The folder's name '{name}' cannot be the model's; allowed are a-z, 0-9, '.', '_' and '-', first a letter or digit, at most 64.");
        }

        using var writer = new ModelFolderWriter(target);
        foreach (var file in model.Sha256.Keys)
        {
            cancellationToken.ThrowIfCancellationRequested();
            File.Copy(source.PathOf(file), Path.Combine(writer.Folder, file));
        }

        if (File.Exists(Path.Combine(source.Path, Card)))
        {
            File.Copy(Path.Combine(source.Path, Card), Path.Combine(writer.Folder, Card));
        }

        var named = model with { Name = name };
        writer.WriteManifest(named);
        writer.Commit();
        return named;
    }

    private static bool IsSame(string one, string other) =>
        Path.TrimEndingDirectorySeparator(Path.GetFullPath(one)) == Path.TrimEndingDirectorySeparator(Path.GetFullPath(other));
}
