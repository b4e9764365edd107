using System.Security.Cryptography;
using System.Text;
using EcoM2F.Recipe;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Gates;

namespace EcoM2F.Cli.Adapt;

/// <summary>The photographs of a run in two parts: those that exits and gates are fitted on, and those that the report alone is about.</summary>
internal sealed class AdaptPhotos
{
    /// <summary>Fewer leave too little for exits, gates and a report.</summary>
    public const int Fewest = 40;

    /// <summary>What gates take at least: five parts, each of two scenes.</summary>
    private const int FewestScenes = 10;

    private AdaptPhotos(IReadOnlyList<UsablePhoto> training, IReadOnlyList<UsablePhoto> heldOut, IReadOnlyList<string> notes) =>
        (Training, HeldOut, Notes) = (training, heldOut, notes);

    public IReadOnlyList<UsablePhoto> Training { get; }

    public IReadOnlyList<UsablePhoto> HeldOut { get; }

    /// <summary>Photographs that were left out, and why.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>Changes with any photograph and its name.</summary>
    public string Hash =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', Training.Concat(HeldOut).Select(static photo => $"{photo.Name} {photo.Hash}").Order(StringComparer.Ordinal)))))[..16];

    /// <param name="folder">Searched with all folders below it.</param>
    /// <param name="holdout">Share of the scenes that is held out, taken evenly in the order of names. Photographs of one scene stay together.</param>
    /// <exception cref="RecipeException">Too few photographs, or scenes.</exception>
    public static AdaptPhotos Find(string folder, double holdout, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        var usable = UsablePhotos.Find(folder, progress: progress, cancellationToken: cancellationToken);
        if (usable.Photos.Count < Fewest)
        {
            throw usable.TooFew($"adapting needs {Fewest} at least that differ, and 100 to 500 are a good number.");
        }

        var scenes = usable.Photos.GroupBy(static photo => SceneRule.Default.Of(photo.Name)).ToList();
        var held = UsablePhotos.HeldOutOf(scenes.Count, holdout);
        if (scenes.Count - held < FewestScenes)
        {
            throw new RecipeException(
                $"The {usable.Photos.Count} photographs in {folder} show {scenes.Count} scenes (names that differ in the digit after their last '_' are one scene); adapting needs {FewestScenes} scenes at least beside the {held} that are held out.");
        }

        return new AdaptPhotos([.. Part(false)], [.. Part(true)], usable.Notes);

        IEnumerable<UsablePhoto> Part(bool isHeldOut) =>
            scenes.Where((_, i) => isHeldOut == UsablePhotos.IsHeldOut(i, scenes.Count, held)).SelectMany(static scene => scene);
    }

    /// <summary>Makes a folder of links to photographs, under their names; one that is there is made anew.</summary>
    public static void Link(IReadOnlyList<UsablePhoto> photos, string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        foreach (var photo in photos)
        {
            var link = Path.Combine(folder, photo.Name);
            Directory.CreateDirectory(Path.GetDirectoryName(link)!);
            File.CreateSymbolicLink(link, photo.Path);
        }
    }
}
