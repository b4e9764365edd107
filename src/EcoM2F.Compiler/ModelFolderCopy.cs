using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler;

/// <summary>
/// A copy of a model folder in the making, by way of a <see cref="ModelFolderWriter"/>, whose target must not exist. Disposed without
/// <see cref="Commit"/>, nothing is left behind.
/// </summary>
internal sealed class ModelFolderCopy : IDisposable
{
    private const string Card = "README.md";

    private readonly ModelFolder _source;
    private readonly string _target;
    private readonly ModelFolderWriter _writer;

    /// <exception cref="CompileException">The target exists, or cannot be made.</exception>
    /// <exception cref="ModelLoadException">The source is no model folder.</exception>
    public ModelFolderCopy(string source, string target)
    {
        _source = ModelFolder.Open(source);
        _target = Check(target);
        _writer = new ModelFolderWriter(_target);
    }

    /// <summary>The hidden one.</summary>
    public string Folder => _writer.Folder;

    /// <returns>The target's full path; its parent exists.</returns>
    /// <exception cref="CompileException">The target exists, or cannot be made.</exception>
    public static string Check(string target)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        if (Path.Exists(full))
        {
            throw new CompileException($"{full} exists already; choose another folder, or leave -o out to change the model in place.");
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            return full;
        }
        catch (IOException exception)
        {
            throw new CompileException($"{full} cannot be made: {exception.Message}", exception);
        }
    }

    /// <summary>The card, what the manifest names, and the manifest, with the target's name where a model may have it.</summary>
    public void CopyFiles(CancellationToken cancellationToken)
    {
        var names = _source.Manifest.Sha256.Keys;
        foreach (var name in File.Exists(Path.Combine(_source.Path, Card)) ? names.Append(Card) : names)
        {
            cancellationToken.ThrowIfCancellationRequested();
            File.Copy(Path.Combine(_source.Path, name), Path.Combine(Folder, name));
        }

        var folderName = Path.GetFileName(_target);
        _writer.WriteManifest(_source.Manifest with { Name = ModelManifest.IsName(folderName) ? folderName : _source.Manifest.Name });
    }

    /// <summary>Removes what the manifest does not name and puts the folder in place.</summary>
    public void Commit(ModelManifest manifest)
    {
        foreach (var file in Directory.EnumerateFiles(Folder))
        {
            if (Path.GetFileName(file) is var name and not ModelManifest.FileName and not Card && !manifest.Sha256.ContainsKey(name))
            {
                File.Delete(file);
            }
        }

        Check(_target);
        _writer.Commit();
    }

    public void Dispose() => _writer.Dispose();
}
