using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Net.Http.Headers;

namespace EcoM2F.Serving.Page;

/// <summary>The files of <c>wwwroot</c>, which the assembly carries. Thread-safe.</summary>
internal static class PageFiles
{
    public const string Index = "index.html";

    private const string Root = "wwwroot/";

    /// <summary>By path below <c>wwwroot</c>, such as <c>page/app.js</c>.</summary>
    public static IReadOnlyDictionary<string, PageFile> All => Loaded.Value;

    private static readonly Lazy<IReadOnlyDictionary<string, PageFile>> Loaded = new(Load);

    private static Dictionary<string, PageFile> Load()
    {
        var assembly = typeof(PageFiles).Assembly;
        var types = new FileExtensionContentTypeProvider();
        return assembly.GetManifestResourceNames()
            .Where(static name => name.StartsWith(Root, StringComparison.Ordinal))
            .ToDictionary(static name => name[Root.Length..].Replace('\\', '/'), name => Read(assembly, types, name), StringComparer.Ordinal);
    }

    private static PageFile Read(Assembly assembly, FileExtensionContentTypeProvider types, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        var type = types.TryGetContentType(name, out var known) ? known : "application/octet-stream";
        var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))[..32]}\"");
        return new PageFile(bytes, type.StartsWith("text/", StringComparison.Ordinal) ? $"{type}; charset=utf-8" : type, tag);
    }
}
