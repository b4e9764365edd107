using System.Security.Cryptography;
using System.Text.Json;
using EcoM2F.Inference.Json;

namespace EcoM2F.Inference.Models;

/// <summary>
/// A model folder on disk. Opening reads and checks the manifest; <see cref="VerifyHashes"/> proves every file that it names.
/// File names may not leave the folder, and links are refused.
/// </summary>
public sealed class ModelFolder
{
    /// <summary>A manifest of ours is a few kilobytes.</summary>
    private const int MaxManifestBytes = 16 * 1024 * 1024;

    private ModelFolder(string path, ModelManifest manifest)
    {
        Path = path;
        Manifest = manifest;
    }

    public string Path { get; }

    public ModelManifest Manifest { get; }

    /// <exception cref="ModelLoadException">No manifest, a wrong one, or one that names files it may not.</exception>
    public static ModelFolder Open(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        var file = System.IO.Path.Combine(full, ModelManifest.FileName);
        if (!File.Exists(file))
        {
            throw new ModelLoadException($"{full} is not a model folder: it has no {ModelManifest.FileName}.");
        }

        ModelManifest manifest;
        try
        {
            if (new FileInfo(file).Length > MaxManifestBytes)
            {
                throw new ModelLoadException($"{file} is larger than {MaxManifestBytes} bytes.");
            }

            manifest = ModelManifest.Parse(JsonFile.ReadBytes(file));
        }
        catch (JsonException exception)
        {
            throw new ModelLoadException($"{file}: {JsonProblem.Of(exception)}.", exception);
        }

        var folder = new ModelFolder(full, manifest);
        ManifestRules.Check(manifest, file);
        foreach (var name in manifest.Sha256.Keys)
        {
            folder.PathOf(name);
        }

        return folder;
    }

    /// <summary>Reads the manifest and proves every file that it names.</summary>
    /// <exception cref="ModelLoadException">As <see cref="Open"/> and <see cref="VerifyHashes"/>.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public static ModelFolder OpenVerified(string path, CancellationToken cancellationToken)
    {
        var folder = Open(path);
        folder.VerifyHashes(cancellationToken);
        return folder;
    }

    /// <summary>The same folder by a manifest that is not written yet.</summary>
    /// <exception cref="ModelLoadException">As <see cref="Open"/>.</exception>
    public static ModelFolder Of(string path, ModelManifest manifest)
    {
        ManifestRules.Check(manifest, System.IO.Path.Combine(path, ModelManifest.FileName));
        return new ModelFolder(System.IO.Path.GetFullPath(path), manifest);
    }

    /// <summary>Full path of a file that the manifest names.</summary>
    /// <exception cref="ModelLoadException">The name would leave the folder, is a link, or does not exist.</exception>
    public string PathOf(string fileName)
    {
        if (fileName.Length == 0 || fileName is "." or ".." || fileName.AsSpan().IndexOfAny("/\\:\0") >= 0)
        {
            throw new ModelLoadException($"{Path}: '{fileName}' is not a plain file name; files must be in the model folder itself.");
        }

        var info = new FileInfo(System.IO.Path.Combine(Path, fileName));
        if (!info.Exists)
        {
            throw new ModelLoadException($"{Path}: {fileName} is named by {ModelManifest.FileName} but does not exist.");
        }

        if (info.LinkTarget is not null)
        {
            throw new ModelLoadException($"{Path}: {fileName} is a link; copy the file into the folder.");
        }

        return info.FullName;
    }

    /// <exception cref="ModelLoadException">A file differs from what the manifest says; names it.</exception>
    public void VerifyHashes(CancellationToken cancellationToken)
    {
        if (FindWrongHash(cancellationToken) is { } wrong)
        {
            throw new ModelLoadException(wrong);
        }
    }

    /// <returns>One sentence that names the first file whose content is not what the manifest says; null where all are right.</returns>
    public string? FindWrongHash(CancellationToken cancellationToken)
    {
        foreach (var (name, expected) in Manifest.Sha256)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var stream = File.OpenRead(PathOf(name));
            var actual = Convert.ToHexStringLower(SHA256.HashData(stream));
            if (actual != expected)
            {
                return $"{Path}: {name} has SHA-256 {actual}, but {ModelManifest.FileName} says {expected}.";
            }
        }

        return null;
    }
}
