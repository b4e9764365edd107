using EcoM2F.Inference.Models;

namespace EcoM2F.Recipe.Datasets;

/// <summary>One mapping of a labels file: what a set's category names become.</summary>
/// <param name="File">For messages.</param>
/// <param name="Name">Of the mapping.</param>
/// <param name="Names">Category to class name; null is void.</param>
internal sealed record LabelMapping(string File, string Name, IReadOnlyDictionary<string, string?> Names)
{
    /// <exception cref="RecipeException">No such file or mapping, or it leads to a class that the model does not have.</exception>
    public static LabelMapping Read(string file, string name, IReadOnlyList<ModelClass> classes)
    {
        var mappings = InputFile.ReadJson(file, "labels", CocoJson.Default.LabelsFile).Mapping ?? throw new RecipeException($"{file}: 'mapping' is missing.");
        if (!mappings.TryGetValue(name, out var names) || names is null)
        {
            throw new RecipeException($"{file}: there is no mapping '{name}'; it has {string.Join(", ", mappings.Keys)}.");
        }

        var known = classes.Select(static item => item.Name).ToHashSet();
        var unknown = names.Values.OfType<string>().Where(target => !known.Contains(target)).Distinct().ToList();
        return unknown.Count == 0
            ? new LabelMapping(file, name, names)
            : throw new RecipeException($"{file}: mapping '{name}' leads to classes that the model does not have: {string.Join(", ", unknown)}; it has {string.Join(", ", known)}.");
    }
}
