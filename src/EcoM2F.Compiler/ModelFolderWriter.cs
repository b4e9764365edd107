using System.Security.Cryptography;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler;

/// <summary>
/// A model folder in the making: files go into a hidden folder beside the target, which takes the target's place only when all
/// is there. Disposed without <see cref="Commit"/>, nothing is left behind.
/// </summary>
internal sealed class ModelFolderWriter : IDisposable
{
    private const string Card = "README.md";

    private readonly string _target;
    private bool _committed;

    /// <exception cref="CompileException">The target is something other than a model folder.</exception>
    public ModelFolderWriter(string target)
    {
        _target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        if (File.Exists(_target))
        {
            throw new CompileException($"{_target} is a file; a folder was expected.");
        }

        if (Directory.Exists(_target) && Directory.EnumerateFileSystemEntries(_target).Any() && !File.Exists(Path.Combine(_target, ModelManifest.FileName)))
        {
            throw new CompileException($"{_target} holds files but not {ModelManifest.FileName}: it is not a model folder and will not be replaced.");
        }

        var parent = Path.GetDirectoryName(_target) ?? throw new CompileException($"{_target} is the root of a file system; name a folder in it.");
        Directory.CreateDirectory(parent);
        Folder = Path.Combine(parent, $".{Path.GetFileName(_target)}.{Guid.NewGuid():N}.tmp");
        Directory.CreateDirectory(Folder);
    }

    public string Folder { get; }

    public void WriteManifest(ModelManifest manifest) => File.WriteAllText(Path.Combine(Folder, ModelManifest.FileName), manifest.ToJson() + "\n");

    /// <summary>Of every file but the manifest and the card.</summary>
    public SortedDictionary<string, string> Hash(CancellationToken cancellationToken)
    {
        var hashes = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in Directory.EnumerateFiles(Folder))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Path.GetFileName(path) is var name and not ModelManifest.FileName and not Card)
            {
                using var stream = File.OpenRead(path);
                hashes.Add(name, Convert.ToHexStringLower(SHA256.HashData(stream)));
            }
        }

        return hashes;
    }

    public void Commit()
    {
        var old = Folder + ".old";
        if (File.Exists(Path.Combine(_target, Card)))
        {
            File.Copy(Path.Combine(_target, Card), Path.Combine(Folder, Card), overwrite: true);
        }

        if (Directory.Exists(_target))
        {
            Directory.Move(_target, old);
        }

        try
        {
            Directory.Move(Folder, _target);
        }
        catch when (Directory.Exists(old))
        {
            Directory.Move(old, _target);
            throw;
        }

        _committed = true;
        if (Directory.Exists(old))
        {
            Directory.Delete(old, recursive: true);
        }
    }

    public void Dispose()
    {
        if (!_committed && Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }
    }
}
