using System.Text.Json.Nodes;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler;

/// <summary>
/// Gives a finished model folder score thresholds of single classes. Only the manifest changes, in one step: see <see cref="ModelFolderChange"/>
/// for what a reader finds meanwhile.
/// </summary>
public static class ThresholdsInstaller
{
    private const string Key = "class_thresholds";

    /// <param name="measured">The model that the thresholds were found for.</param>
    /// <param name="thresholds">By name of a class, 0 to 1; they take the place of all that there were. Empty: there are none then.</param>
    /// <param name="provenance">What the manifest keeps about where they come from.</param>
    /// <returns>The manifest as it is now.</returns>
    /// <exception cref="CompileException">A threshold is of no class or out of range, or the folder has changed since, or is being changed by another command.</exception>
    /// <exception cref="ModelLoadException">The folder is not a complete model.</exception>
    public static ModelManifest Install(string modelFolder, ModelManifest measured, IReadOnlyDictionary<string, float> thresholds, JsonObject provenance)
    {
        foreach (var (name, threshold) in thresholds)
        {
            if (measured.Postprocessing.MakesBoxes || measured.Classes.All(known => known.Name != name) || threshold is not (>= 0 and <= 1))
            {
                throw new CompileException(FormattableString.Invariant($"The threshold of class '{name}' is {threshold}; allowed are 0 to 1 for the classes of model '{measured.Name}' where it makes masks."));
            }
        }

        using var change = new ModelFolderChange(modelFolder);
        var before = change.Folder.Manifest;
        if (before.ToJson() != measured.ToJson())
        {
            throw new CompileException($"{change.Folder.Path} has changed while thresholds were found; run the command again.");
        }

        var kept = before.Provenance?.DeepClone().AsObject() ?? [];
        kept[Key] = provenance.DeepClone();
        var sorted = new SortedDictionary<string, float>(thresholds.ToDictionary(), StringComparer.Ordinal);
        var after = before with { Postprocessing = before.Postprocessing with { ClassThresholds = sorted.Count == 0 ? null : sorted }, Provenance = kept };
        change.Commit(after);
        return after;
    }
}
