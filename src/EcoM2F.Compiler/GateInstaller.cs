using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Safetensors;
using EcoM2F.Inference.Verification;

namespace EcoM2F.Compiler;

/// <summary>
/// Puts a gate into a finished model folder. New files have new names (a part of their own hash), so nothing that the manifest names
/// ever changes; then the manifest is replaced in one step, and with it everything. Whoever reads the folder meanwhile, or after a
/// kill at any moment, finds the old model whole or the new one. The card stays.
/// </summary>
public sealed partial class GateInstaller
{
    private const string LockName = ".train-gate.lock";
    private const string TemporaryPrefix = ".train-gate.";

    private readonly ModelFolder _folder;
    private readonly NewGate _gate;
    private readonly IProgress<string>? _progress;
    private readonly List<string> _new = [];

    private GateInstaller(ModelFolder folder, NewGate gate, IProgress<string>? progress) => (_folder, _gate, _progress) = (folder, gate, progress);

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
    /// <exception cref="CompileException">The gate does not fit the model, or another gate is being installed.</exception>
    /// <exception cref="ModelLoadException">The folder is not a complete model.</exception>
    public static InstalledGate Install(string modelFolder, NewGate gate, IProgress<string>? progress = null)
    {
        using var mutex = Lock(Path.GetFullPath(modelFolder));
        var installer = new GateInstaller(ModelFolder.Open(modelFolder), gate, progress);
        try
        {
            return installer.Run();
        }
        catch
        {
            installer.RemoveNew();
            throw;
        }
    }

    private InstalledGate Run()
    {
        // 1. the manifest
        var before = _folder.Manifest;
        GateProfileRules.Check(before, _gate.Profile, _gate.Kind, _gate.MakeDefault);
        GatePointRules.Check(before, _gate);

        RemoveTemporaries();
        var canary = CanaryOf(_folder);
        if (Hash(canary) != before.Sha256[before.Canary])
        {
            throw new ModelLoadException($"{canary} is not the file that {ModelManifest.FileName} names; compile the model again.");
        }

        // 2. the gate
        _progress?.Report("Writing the gate");
        var temporary = Temporary();
        GateGraph.WriteFile(temporary, _gate.Profile, _gate.Weight, _gate.Bias, _gate.Leverage);
        var gateFile = MoveToHashedName(temporary, $"gate-{_gate.Profile}", ".onnx");

        // 3. the canary
        _progress?.Report("Renewing the canary");
        temporary = Temporary();
        GateCheck.Require(_gate, CanaryWriter.RenewGate(canary, temporary, _gate.Profile, Path.Combine(_folder.Path, gateFile)));
        var canaryFile = MoveToHashedName(temporary, "canary", ".safetensors");

        // 4. the manifest
        _progress?.Report("Replacing the manifest");
        var after = Manifest(before, gateFile, canaryFile);
        temporary = Temporary();
        File.WriteAllText(temporary, after.ToJson() + "\n");
        Flush(temporary);
        File.Move(temporary, Path.Combine(_folder.Path, ModelManifest.FileName), overwrite: true);
        _new.Clear();

        // 5. old files
        RemoveUnnamed([.. before.Sha256.Keys, .. after.Sha256.Keys]);
        return new InstalledGate(after, [.. before.Sha256.Keys.Except(after.Sha256.Keys).Order(StringComparer.Ordinal)]);
    }

    private ModelManifest Manifest(ModelManifest before, string gateFile, string canaryFile)
    {
        var profiles = new Dictionary<string, GateProfile>(before.Gates?.Profiles ?? new Dictionary<string, GateProfile>(), StringComparer.Ordinal)
        {
            [_gate.Profile] = new GateProfile(_gate.Kind, gateFile, _gate.Beta, _gate.Points, _gate.Guard),
        };
        var hashes = new SortedDictionary<string, string>(before.Sha256.ToDictionary(), StringComparer.Ordinal);
        hashes.Remove(before.Canary);
        if (before.Gates?.Profiles.TryGetValue(_gate.Profile, out var old) == true)
        {
            hashes.Remove(old.File);
        }

        hashes[gateFile] = Hash(Path.Combine(_folder.Path, gateFile));
        hashes[canaryFile] = Hash(Path.Combine(_folder.Path, canaryFile));
        return before with
        {
            Canary = canaryFile,
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

    /// <summary>Renames a finished file to one that has a part of its hash in its name.</summary>
    private string MoveToHashedName(string temporary, string stem, string extension)
    {
        Flush(temporary);
        var name = $"{stem}-{Hash(temporary)[..8]}{extension}";
        if (!_folder.Manifest.Sha256.ContainsKey(name))
        {
            _new.Add(name);
        }

        File.Move(temporary, Path.Combine(_folder.Path, name), overwrite: true);
        return name;
    }

    private string Temporary() => Path.Combine(_folder.Path, $"{TemporaryPrefix}{Guid.NewGuid():N}.tmp");

    private void RemoveNew()
    {
        RemoveTemporaries();
        _new.ForEach(name => File.Delete(Path.Combine(_folder.Path, name)));
    }

    private void RemoveTemporaries()
    {
        foreach (var file in Directory.EnumerateFiles(_folder.Path, $"{TemporaryPrefix}*.tmp"))
        {
            File.Delete(file);
        }
    }

    /// <summary>Gates and canaries of ours that neither manifest names: of the installation before, or of one that was killed.</summary>
    private void RemoveUnnamed(HashSet<string> named)
    {
        foreach (var file in Directory.EnumerateFiles(_folder.Path))
        {
            var name = Path.GetFileName(file);
            if (OurFile().IsMatch(name) && !named.Contains(name))
            {
                File.Delete(file);
            }
        }
    }

    private static string CanaryOf(ModelFolder folder) => folder.Manifest.Sha256.ContainsKey(folder.Manifest.Canary)
        ? folder.PathOf(folder.Manifest.Canary)
        : throw new CompileException($"{folder.Path} has no canary; compile the model again.");

    /// <summary>Held until disposed; goes with the process, so none is ever left behind.</summary>
    private static FileStream Lock(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new ModelLoadException($"{folder} is not a model folder: it does not exist.");
        }

        try
        {
            return new FileStream(Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException exception)
        {
            throw new CompileException($"{folder}: another gate is being installed ({exception.Message}); try again when that is done.", exception);
        }
    }

    private static string Hash(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>To the disk, so that no power cut leaves a manifest that names an empty file.</summary>
    private static void Flush(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Write);
        stream.Flush(flushToDisk: true);
    }

    [GeneratedRegex(@"^(gate-[a-z][a-z0-9_-]*(-[0-9a-f]{8})?\.onnx|canary(-[0-9a-f]{8})?\.safetensors)\z")]
    private static partial Regex OurFile();
}
