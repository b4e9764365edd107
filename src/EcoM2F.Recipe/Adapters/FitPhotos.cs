using System.Security.Cryptography;
using System.Text;
using EcoM2F.Recipe.Datasets;

namespace EcoM2F.Recipe.Adapters;

/// <summary>The photographs that adapters are fitted on, in two parts.</summary>
internal sealed class FitPhotos
{
    /// <summary>Fewer could not tell a gain from chance.</summary>
    public const int Fewest = 8;

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
        var usable = UsablePhotos.Find(folder, most, progress, cancellationToken);
        var used = usable.Photos;
        if (used.Count < Fewest)
        {
            throw usable.TooFew($"fitting needs {Fewest} at least that differ, and 16 to 120 are a good number.");
        }

        var heldOut = UsablePhotos.HeldOutOf(used.Count, holdout);
        var held = Enumerable.Range(0, used.Count).Where(i => UsablePhotos.IsHeldOut(i, used.Count, heldOut)).ToHashSet();
        var hash = HashOf([.. used.Select(static photo => photo.Name), .. used.Select(static photo => photo.Hash), string.Join(',', held.Order())]);
        return new FitPhotos([.. Paths(held.Contains)], [.. Paths(i => !held.Contains(i))], hash, usable.Notes);

        IEnumerable<string> Paths(Func<int, bool> isOf) => used.Where((_, i) => isOf(i)).Select(static photo => photo.Path);
    }

    private static string HashOf(string[] parts) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts))))[..16];
}
