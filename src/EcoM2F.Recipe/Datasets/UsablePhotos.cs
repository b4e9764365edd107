using System.Security.Cryptography;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Imaging;

namespace EcoM2F.Recipe.Datasets;

/// <summary>The photographs of a folder that something can be learnt from: distinct, readable, and not of one colour.</summary>
public sealed class UsablePhotos
{
    /// <summary>Those that are left out, which messages list.</summary>
    private const int Shown = 10;

    private static readonly ImageLimits Limits = new();

    private readonly string _folder;
    private readonly int _found;

    private UsablePhotos(string folder, int found, IReadOnlyList<UsablePhoto> photos, IReadOnlyList<string> notes) =>
        (_folder, _found, Photos, Notes) = (folder, found, photos, notes);

    /// <summary>In the order of their names.</summary>
    public IReadOnlyList<UsablePhoto> Photos { get; }

    /// <summary>Photographs that were left out, and why: up to ten lines, and how many more.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <param name="folder">Searched with all folders below it.</param>
    /// <param name="most">Where there are more, so many are taken evenly from the list in the order of names.</param>
    /// <param name="progress">Called from many threads, one at a time, while every photograph is decoded.</param>
    /// <exception cref="RecipeException">The folder does not exist.</exception>
    public static UsablePhotos Find(string folder, int most = int.MaxValue, IProgress<DatasetProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        if (!Directory.Exists(folder))
        {
            throw new RecipeException(File.Exists(folder) ? $"{folder} is a file; a folder of photographs was expected." : $"{folder} does not exist; a folder of photographs was expected.");
        }

        var root = Path.GetFullPath(folder);
        var all = ImageFolder.ImagesBelow(root, static _ => false);
        var chosen = Spread(all, most);
        var read = EntryWork.ForAll(chosen, path => Read(path, cancellationToken), progress, cancellationToken);
        var firstOf = new Dictionary<string, string>();
        var (used, left) = (new List<UsablePhoto>(), new List<string>());
        for (var i = 0; i < chosen.Count; i++)
        {
            var name = Path.GetRelativePath(root, chosen[i]);
            if (read[i].Problem is { } problem)
            {
                left.Add($"{name} is left out: {problem}");
            }
            else if (!firstOf.TryAdd(read[i].Hash, name))
            {
                left.Add($"{name} is left out: it is the same as {firstOf[read[i].Hash]}");
            }
            else
            {
                used.Add(new UsablePhoto(name, chosen[i], read[i].Hash));
            }
        }

        return new UsablePhotos(folder, all.Count, used, left.Count <= Shown ? left : [.. left.Take(Shown), $"and {left.Count - Shown} more are left out."]);
    }

    /// <summary>How many of a list make up a share that is held out: two at least, and two at least are left.</summary>
    public static int HeldOutOf(int count, double share) => Math.Clamp((int)Math.Round(count * share), 2, Math.Max(count - 2, 2));

    /// <summary>Whether a place of a list is held out: those that are lie evenly among the others.</summary>
    /// <param name="held">How many are, as <see cref="HeldOutOf"/> has it.</param>
    public static bool IsHeldOut(int index, int count, int held) => (long)(index + 1) * held / count > (long)index * held / count;

    /// <summary>Says how many there are and what was left out, where that is too little.</summary>
    /// <param name="needs">How many are needed: the rest of the sentence.</param>
    public RecipeException TooFew(string needs)
    {
        var reason = _found == 0 ? $"{_folder} has no photographs ({string.Join(", ", ImageFormats.Extensions)})"
            : Notes.Count == 0 ? $"{_folder} has {_found} photographs"
            : $"Of the {_found} photographs in {_folder}, {Photos.Count} can be used";
        return new RecipeException(string.Join('\n', [$"{reason}; {needs}", .. Notes]));
    }

    private static List<string> Spread(IReadOnlyList<string> all, int most) =>
        all.Count <= most ? [.. all] : [.. Enumerable.Range(0, most).Select(i => all[(int)((long)i * all.Count / most)])];

    private static (string Hash, string? Problem) Read(string path, CancellationToken cancellationToken)
    {
        try
        {
            var bytes = File.ReadAllBytes(path);
            using var image = ImageDecoder.Decode(bytes, Limits, cancellationToken);
            var pixels = image.Pixels.Span;
            return (Convert.ToHexStringLower(SHA256.HashData(bytes)), pixels[3..].SequenceEqual(pixels[..^3]) ? "all of it has one colour" : null);
        }
        catch (Exception exception) when (exception is SegmentationException or IOException or UnauthorizedAccessException)
        {
            return ("", exception.Message);
        }
    }
}

/// <param name="Name">Path below the folder.</param>
/// <param name="Path">Full path.</param>
/// <param name="Hash">SHA-256 of the file, in hexadecimal digits.</param>
public sealed record UsablePhoto(string Name, string Path, string Hash);
