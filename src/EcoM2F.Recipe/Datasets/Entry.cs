using System.Diagnostics.CodeAnalysis;

namespace EcoM2F.Recipe.Datasets;

/// <summary>Asks an entry of a file for its fields; what is missing or wrong is named with file, place and field.</summary>
/// <param name="File">Path of the file.</param>
/// <param name="Place">Such as <c>annotations[3]</c>.</param>
internal readonly record struct Entry(string File, string Place)
{
    public T Require<T>([NotNull] T? value, string field)
        where T : class => value ?? throw Missing(field);

    public T Require<T>([NotNull] T? value, string field)
        where T : struct => value ?? throw Missing(field);

    /// <summary>A side of an image.</summary>
    public int Side(int? value, string field)
    {
        const int Most = 65_535;
        var side = Require(value, field);
        return side is >= 1 and <= Most ? side : throw Error($"\'{field}' is {side}; allowed are 1 to {Most}");
    }

    /// <summary>Where a file is, below a folder of the set.</summary>
    public string FileName(string? value, string field)
    {
        var name = Require(value, field);
        return name.Length > 0 && !name.Contains('\0') ? name : throw Error($"\'{field}' is empty or holds a zero byte");
    }

    public RecipeException Error(string what) => new($"{this}: {what}.");

    public override string ToString() => Place.Length == 0 ? File : $"{File}: {Place}";

    private RecipeException Missing(string field) => Error($"'{field}' is missing");
}
