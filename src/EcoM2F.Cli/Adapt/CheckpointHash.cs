using System.Security.Cryptography;
using System.Text;
using EcoM2F.Cli.Output;

namespace EcoM2F.Cli.Adapt;

/// <summary>A short name for the files of a checkpoint that a model is made of, wherever it lies.</summary>
internal static class CheckpointHash
{
    private static readonly string[] Extensions = [".json", ".safetensors"];

    /// <exception cref="CliException">The folder is no checkpoint.</exception>
    public static string Of(string folder, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(folder) || !File.Exists(Path.Combine(folder, "config.json")))
        {
            throw new CliException($"{folder} is no checkpoint; CHECKPOINT must be a folder with config.json and model.safetensors.");
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Directory.EnumerateFiles(folder).Where(static file => Extensions.Contains(Path.GetExtension(file))).Order(StringComparer.Ordinal))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var stream = File.OpenRead(file);
            hash.AppendData(Encoding.UTF8.GetBytes(Path.GetFileName(file) + "\n"));
            hash.AppendData(SHA256.HashData(stream));
        }

        return Convert.ToHexStringLower(hash.GetCurrentHash())[..16];
    }
}
