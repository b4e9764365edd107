using System.Security.Cryptography;
using System.Text;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Imaging;
using EcoM2F.Recipe.Datasets;

namespace EcoM2F.Recipe.Adapters;

/// <summary>The photographs that adapters are fitted on: distinct, readable, and not of one colour.</summary>
internal sealed class FitPhotos
{
    /// <summary>Fewer could not tell a gain from chance.</summary>
    public const int Fewest = 8;

    /// <summary>Those that are left out, which messages list.</summary>
    private const int Shown = 10;

    private static readonly ImageLimits Limits = new();

    private FitPhotos(IReadOnlyList<string> heldOut, IReadOnlyList<string> fit, string hash, IReadOnlyList<string> notes) =>
        (HeldOut, Fit, Hash, Notes) = (heldOut, fit, hash, notes);

    /// <summary>Paths of those that penalties are chosen on and the result is judged on.</summary>
    public IReadOnlyList<string> HeldOut { get; }

    /// <summary>Paths of those that maps are fitted to until then.</summary>
    public IReadOnlyList<string> Fit { get; }

    /// <summary>Changes with any photograph, its name, and the split.</summary>
    public string Hash { get; }

    /// <summary>Photographs that were left out, and why.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <param name="folder">Searched with all folders below it.</param>
    /// <param name="most">Where there are more, so many are taken evenly from the list in the order of names.</param>
    /// <param name="holdout">Share that is held out, above 0 and below 1: at least two photographs, and every so many of the list.</param>
    /// <exception cref="RecipeException">The folder does not exist, or fewer than <see cref="Fewest"/> photographs can be used.</exception>
    public static FitPhotos Find(string folder, int most, double holdout, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
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
        var (used, left) = (new List<string>(), new List<string>());
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
                used.Add(chosen[i]);
            }
        }

        if (used.Count < Fewest)
        {
            throw new RecipeException(TooFew(folder, all.Count, used.Count, left));
        }

        var held = Enumerable.Range(0, used.Count).Where(i => IsHeldOut(i, used.Count, holdout)).ToHashSet();
        var hash = HashOf([.. used.Select(path => Path.GetRelativePath(root, path)), .. firstOf.Keys, string.Join(',', held.Order())]);
        return new FitPhotos([.. used.Where((_, i) => held.Contains(i))], [.. used.Where((_, i) => !held.Contains(i))], hash, Short(left));
    }

    private static List<string> Spread(IReadOnlyList<string> all, int most) =>
        all.Count <= most ? [.. all] : [.. Enumerable.Range(0, most).Select(i => all[(int)((long)i * all.Count / most)])];

    /// <summary>Evenly among the others.</summary>
    private static bool IsHeldOut(int index, int count, double holdout)
    {
        var held = Math.Clamp((int)Math.Round(count * holdout), 2, count - 2);
        return (long)(index + 1) * held / count > (long)index * held / count;
    }

    private static (string Hash, string? Problem) Read(string path, CancellationToken cancellationToken)
    {
        try
        {
            var bytes = File.ReadAllBytes(path);
            var pixels = ImageDecoder.Decode(bytes, Limits, cancellationToken).Pixels.AsSpan();
            return (Convert.ToHexStringLower(SHA256.HashData(bytes)), pixels[3..].SequenceEqual(pixels[..^3]) ? "all of it has one colour" : null);
        }
        catch (Exception exception) when (exception is SegmentationException or IOException or UnauthorizedAccessException)
        {
            return ("", exception.Message);
        }
    }

    private static string TooFew(string folder, int found, int used, List<string> left)
    {
        var reason = found == 0 ? $"{folder} has no photographs ({string.Join(", ", ImageFormats.Extensions)})"
            : left.Count == 0 ? $"{folder} has {found} photographs"
            : $"of the {found} photographs in {folder}, {used} can be used";
        return string.Join('\n', [$"{reason[..1].ToUpperInvariant()}{reason[1..]}; fitting needs {Fewest} at least that differ, and 16 to 120 are a good number.", .. Short(left)]);
    }

    private static List<string> Short(List<string> lines) => lines.Count <= Shown ? lines : [.. lines.Take(Shown), $"and {lines.Count - Shown} more are left out."];

    private static string HashOf(string[] parts) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts))))[..16];
}
