using System.Security.Cryptography;
using System.Text;

namespace EcoM2F.Recipe.Datasets;

/// <summary>A short name for what a set holds, wherever it lies.</summary>
internal static class ContentHash
{
    private const int Digits = 16;

    /// <param name="classes">Null where labels are class indexes already.</param>
    /// <param name="files">Names of the images, and hashes of all files that belong to each.</param>
    public static string Of(DatasetParts parts, ClassMap? classes, IEnumerable<(string Name, byte[] Hash)> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, parts.Task);
        if (parts.Annotations is { } annotations)
        {
            using var file = File.OpenRead(annotations);
            Add(hash, SHA256.HashData(file));
        }

        // Which classes the categories become, but not how the labels file is written.
        foreach (var (category, index) in (classes?.ById ?? new Dictionary<int, int>()).OrderBy(static item => item.Key))
        {
            var name = index == ClassMap.Void ? null : parts.Classes[index].Name;
            Add(hash, name is null || parts.Classes.Count(item => item.Name == name) == 1 ? $"{category}={name}" : $"{category}={name} {index}");
        }

        return Of(hash, files);
    }

    /// <summary>Of images without labels.</summary>
    /// <param name="files">Names of the images, and their hashes.</param>
    public static string OfFiles(IEnumerable<(string Name, byte[] Hash)> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        return Of(hash, files);
    }

    private static string Of(IncrementalHash hash, IEnumerable<(string Name, byte[] Hash)> files)
    {
        foreach (var (name, content) in files)
        {
            Add(hash, name);
            Add(hash, content);
        }

        return Convert.ToHexStringLower(hash.GetCurrentHash())[..Digits];
    }

    private static void Add(IncrementalHash hash, string text) => Add(hash, Encoding.UTF8.GetBytes(text));

    private static void Add(IncrementalHash hash, ReadOnlySpan<byte> content)
    {
        // With its length first, so that no two lists of contents look the same.
        hash.AppendData(BitConverter.GetBytes((long)content.Length));
        hash.AppendData(content);
    }
}
