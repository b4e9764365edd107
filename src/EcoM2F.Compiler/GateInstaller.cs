using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Safetensors;
using EcoM2F.Inference.Verification;

namespace EcoM2F.Compiler;

/// <summary>
/// Puts a gate into a finished model folder: the gate's graph, the canary and the manifest are written. See <see cref="ModelFolderChange"/>
/// for what a reader finds meanwhile. The card stays.
/// </summary>
public sealed partial class GateInstaller
{
    private readonly ModelFolderChange _change;
    private readonly NewGate _gate;
    private readonly IProgress<string>? _progress;

    private GateInstaller(ModelFolderChange change, NewGate gate, IProgress<string>? progress) => (_change, _gate, _progress) = (change, gate, progress);

    /// <summary>Length of the feature that a model's gates read, by its canary.</summary>
    /// <exception cref="CompileException">It has no canary.</exception>
    public static int PooledWidth(ModelFolder folder)
    {
        using var canary = SafetensorsFile.Open(CanaryOf(folder));
        return canary.Tensors.FirstOrDefault(static tensor => tensor.Name.EndsWith($".{GraphTensors.Pooled}", StringComparison.Ordinal)) is { Shape: [_, var width] }
            ? (int)width
            : throw new CompileException($"{canary.Path} has no pooled features, which gates read; compile the model again.");
    }

    /// <summary>
    /// 1. Take the folder's lock and read its manifest. 2. Write the gate's graph. 3. Renew the canary's part for it, which also checks
    /// that the graph computes what was trained. 4. Replace the manifest. 5. Remove what the manifest before last named.
    /// </summary>
    /// <param name="progress">A line before each step; an exception from it ends the installation.</param>
    /// <exception cref="CompileException">The gate does not fit the model, or the folder is being changed by another command.</exception>
    /// <exception cref="ModelLoadException">The folder is not a complete model.</exception>
    public static InstalledGate Install(string modelFolder, NewGate gate, IProgress<string>? progress = null)
    {
        using var change = new ModelFolderChange(modelFolder);
        return new GateInstaller(change, gate, progress).Run();
    }

    private InstalledGate Run()
    {
        // 1. the manifest
        var before = _change.Folder.Manifest;
        GateProfileRules.Check(before, _gate.Profile, _gate.Kind, _gate.MakeDefault);
        GatePointRules.Check(before, _gate);

        var canary = CanaryOf(_change.Folder);
        if (ModelFolderChange.HashOf(canary) != before.Sha256[before.Canary])
        {
            throw new ModelLoadException($"{canary} is not the file that {ModelManifest.FileName} names; compile the model again.");
        }

        // 2. the gate
        _progress?.Report("Writing the gate");
        var temporary = _change.Temporary();
        GateGraph.WriteFile(temporary, _gate.Profile, _gate.Weight, _gate.Bias, _gate.Leverage);
        var gateFile = _change.Add(temporary, $"gate-{_gate.Profile}", ".onnx");

        // 3. the canary
        _progress?.Report("Renewing the canary");
        temporary = _change.Temporary();
        GateCheck.Require(_gate, CanaryWriter.RenewGate(canary, temporary, _gate.Profile, Path.Combine(_change.Folder.Path, gateFile.Name)));
        var canaryFile = _change.Add(temporary, "canary", ".safetensors");

        // 4. the manifest
        _progress?.Report("Replacing the manifest");
        var after = Manifest(before, gateFile, canaryFile);
        _change.Commit(after);

        // 5. old files
        _change.RemoveUnnamed(after, static name => OurFile().IsMatch(name));
        return new InstalledGate(after, [.. before.Sha256.Keys.Except(after.Sha256.Keys).Order(StringComparer.Ordinal)]);
    }

    private ModelManifest Manifest(ModelManifest before, (string Name, string Hash) gateFile, (string Name, string Hash) canaryFile)
    {
        var profiles = new Dictionary<string, GateProfile>(before.Gates?.Profiles ?? new Dictionary<string, GateProfile>(), StringComparer.Ordinal)
        {
            [_gate.Profile] = new GateProfile(_gate.Kind, gateFile.Name, _gate.Beta, _gate.Points, _gate.Guard),
        };
        var hashes = new SortedDictionary<string, string>(before.Sha256.ToDictionary(), StringComparer.Ordinal);
        hashes.Remove(before.Canary);
        if (before.Gates?.Profiles.TryGetValue(_gate.Profile, out var old) == true)
        {
            hashes.Remove(old.File);
        }

        hashes[gateFile.Name] = gateFile.Hash;
        hashes[canaryFile.Name] = canaryFile.Hash;
        return before with
        {
            Canary = canaryFile.Name,
            Gates = new GateSet(_gate.MakeDefault || before.Gates is null ? _gate.Profile : before.Gates.Default, profiles),
            Provenance = Provenance(before),
            Sha256 = hashes,
        };
    }

    private JsonObject? Provenance(ModelManifest before)
    {
        if (_gate.Provenance is null)
        {
            return before.Provenance;
        }

        var provenance = before.Provenance?.DeepClone().AsObject() ?? [];
        if (provenance["gates"] is not JsonObject gates)
        {
            provenance["gates"] = gates = [];
        }

        gates[_gate.Profile] = _gate.Provenance.DeepClone();
        return provenance;
    }

    private static string CanaryOf(ModelFolder folder) => folder.Manifest.Sha256.ContainsKey(folder.Manifest.Canary)
        ? folder.PathOf(folder.Manifest.Canary)
        : throw new CompileException($"{folder.Path} has no canary; compile the model again.");

    [GeneratedRegex(@"^(gate-[a-z][a-z0-9_-]*(-[0-9a-f]{8})?\.onnx|canary(-[0-9a-f]{8})?\.safetensors)\z")]
    private static partial Regex OurFile();
}
