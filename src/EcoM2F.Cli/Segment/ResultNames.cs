using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using EcoM2F.Cli.Output;
using EcoM2F.Inference.Files;

namespace EcoM2F.Cli.Segment;

/// <summary>
/// Where the results of an output folder's images went, kept beside them. An image's results have its name without the extension;
/// images that differ in nothing else keep theirs apart by the whole name (<c>IMG_1.jpg.json</c>, <c>IMG_1.png.json</c>). What an
/// image was given it keeps, whatever is added later, so that every run and every shard looks for its results in the same place.
/// </summary>
internal sealed class ResultNames
{
    public const string FileName = ".ecom2f-segment-names.json";

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Image name to stem.</summary>
    private readonly Dictionary<string, string> _stems;

    private ResultNames(Dictionary<string, string> stems) => _stems = stems;

    /// <exception cref="CliException">The folder's record cannot be read.</exception>
    public static ResultNames Read(string folder)
    {
        var file = Path.Combine(folder, FileName);
        if (!File.Exists(file))
        {
            return new ResultNames([]);
        }

        try
        {
            return new ResultNames(JsonNode.Parse(File.ReadAllText(file))!.AsObject().ToDictionary(static entry => entry.Key, static entry => entry.Value!.GetValue<string>()));
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or NullReferenceException or ArgumentException)
        {
            throw new CliException($"{file} cannot be read ({exception.Message}); remove it, or choose another output folder.");
        }
    }

    /// <summary>Called when the run is known to work. Shards write the same, as they see the same images.</summary>
    public static void Write(string folder, IEnumerable<ImageFile> images)
    {
        var before = Read(folder)._stems;
        var after = new SortedDictionary<string, string>(before, StringComparer.Ordinal);
        foreach (var image in images)
        {
            after.TryAdd(image.Name, image.Stem);
        }

        if (after.Count > before.Count)
        {
            var file = Path.Combine(folder, FileName);
            var content = new JsonObject(after.Select(static entry => KeyValuePair.Create<string, JsonNode?>(entry.Key, entry.Value))).ToJsonString(Relaxed);
            AtomicFile.Write(file, $"{file}.{Guid.NewGuid():N}.tmp", Encoding.UTF8.GetBytes(content));
        }
    }

    /// <param name="images">Names of all images of the command, each once.</param>
    /// <returns>A stem for each; no two are the same, and none is one that another image was given before.</returns>
    public IReadOnlyDictionary<string, string> Assign(IEnumerable<string> images)
    {
        var stems = new Dictionary<string, string>(StringComparer.Ordinal);
        var taken = _stems.Values.ToHashSet(StringComparer.Ordinal);
        var added = new List<string>();
        foreach (var name in images)
        {
            if (_stems.TryGetValue(name, out var stem))
            {
                stems[name] = stem;
            }
            else
            {
                added.Add(name);
            }
        }

        var wholeNames = FindCollisions(added, taken);
        foreach (var name in added.Order(StringComparer.Ordinal))
        {
            stems[name] = wholeNames.Contains(name) ? Free(name, taken) : Stem(name);
            taken.Add(stems[name]);
        }

        return stems;
    }

    /// <summary>A whole name may be the stem of a further image (<c>IMG_1.jpg.png</c>), which then needs its own whole name too.</summary>
    private static HashSet<string> FindCollisions(List<string> names, HashSet<string> taken)
    {
        var wholeNames = new HashSet<string>(StringComparer.Ordinal);
        while (true)
        {
            var colliding = names
                .GroupBy(name => wholeNames.Contains(name) ? name : Stem(name), StringComparer.Ordinal)
                .Where(group => group.Count() > 1 || taken.Contains(group.Key))
                .SelectMany(static group => group)
                .Where(name => !wholeNames.Contains(name))
                .ToList();
            if (colliding.Count == 0)
            {
                return wholeNames;
            }

            wholeNames.UnionWith(colliding);
        }
    }

    /// <summary>The name itself, unless an earlier image's results have just that one.</summary>
    private static string Free(string name, HashSet<string> taken)
    {
        var free = name;
        for (var i = 2; taken.Contains(free); i++)
        {
            free = $"{name}-{i}";
        }

        return free;
    }

    private static string Stem(string name) => Path.ChangeExtension(name, null);
}
