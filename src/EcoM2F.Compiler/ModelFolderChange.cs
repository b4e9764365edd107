using System.Security.Cryptography;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler;

/// <summary>
/// A change to a finished model folder. New files have new names (a part of their own hash), so nothing that the manifest names ever
/// changes; then the manifest is replaced in one step, and with it everything. Whoever reads the folder meanwhile, or after a kill at any
/// moment, finds the old model whole or the new one. Holds the folder's lock until disposed; disposed without <see cref="Commit"/>, nothing
/// is left behind.
/// </summary>
internal sealed class ModelFolderChange : IDisposable
{
    private const string LockName = ".install.lock";
    private const string TemporaryPrefix = ".install.";

    private readonly FileStream _mutex;
    private readonly List<string> _new = [];

    /// <exception cref="CompileException">Another change is going on.</exception>
    /// <exception cref="ModelLoadException">The folder is not a complete model.</exception>
    public ModelFolderChange(string folder)
    {
        _mutex = Lock(Path.GetFullPath(folder));
        try
        {
            Folder = ModelFolder.Open(folder);
            RemoveTemporaries();
        }
        catch
        {
            _mutex.Dispose();
            throw;
        }
    }

    /// <summary>As it was before.</summary>
    public ModelFolder Folder { get; }

    /// <summary>Path of a new file without a name yet.</summary>
    public string Temporary() => Path.Combine(Folder.Path, $"{TemporaryPrefix}{Guid.NewGuid():N}.tmp");

    /// <summary>Renames a finished file to one that has a part of its hash in its name.</summary>
    /// <returns>Its name, and its hash as the manifest has it.</returns>
    public (string Name, string Hash) Add(string temporary, string stem, string extension)
    {
        var hash = HashOf(temporary);
        return Place(temporary, $"{stem}-{hash[..8]}{extension}", hash);
    }

    /// <summary>Renames a finished file to a certain name.</summary>
    /// <param name="name">One that the manifest does not name, or names for the same content.</param>
    /// <returns>The name, and the file's hash as the manifest has it.</returns>
    public (string Name, string Hash) AddAs(string temporary, string name) => Place(temporary, name, HashOf(temporary));

    /// <summary>Replaces the manifest.</summary>
    public void Commit(ModelManifest manifest)
    {
        var temporary = Temporary();
        File.WriteAllText(temporary, manifest.ToJson() + "\n");
        Flush(temporary);
        File.Move(temporary, Path.Combine(Folder.Path, ModelManifest.FileName), overwrite: true);
        _new.Clear();
    }

    /// <summary>Removes the files that neither manifest names, of the change before or of one that was killed.</summary>
    /// <param name="isOurs">Whether a file of that name is this change's to remove.</param>
    public void RemoveUnnamed(ModelManifest after, Predicate<string> isOurs)
    {
        HashSet<string> named = [.. Folder.Manifest.Sha256.Keys, .. after.Sha256.Keys];
        foreach (var file in Directory.EnumerateFiles(Folder.Path))
        {
            var name = Path.GetFileName(file);
            if (isOurs(name) && !named.Contains(name))
            {
                File.Delete(file);
            }
        }
    }

    public void Dispose()
    {
        RemoveTemporaries();
        _new.ForEach(name => File.Delete(Path.Combine(Folder.Path, name)));
        _mutex.Dispose();
    }

    public static string HashOf(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private (string Name, string Hash) Place(string temporary, string name, string hash)
    {
        Flush(temporary);
        if (!Folder.Manifest.Sha256.ContainsKey(name))
        {
            _new.Add(name);
        }

        File.Move(temporary, Path.Combine(Folder.Path, name), overwrite: true);
        return (name, hash);
    }

    private void RemoveTemporaries()
    {
        foreach (var file in Directory.EnumerateFiles(Folder.Path, $"{TemporaryPrefix}*.tmp"))
        {
            File.Delete(file);
        }
    }

    /// <summary>Goes with the process, so none is ever left behind.</summary>
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
            throw new CompileException($"{folder} is being changed by another command ({exception.Message}); try again when that is done.", exception);
        }
    }

    /// <summary>To the disk, so that no power cut leaves a manifest that names an empty file.</summary>
    private static void Flush(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Write);
        stream.Flush(flushToDisk: true);
    }
}
