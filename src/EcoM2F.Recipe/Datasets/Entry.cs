using System.Diagnostics.CodeAnalysis;

namespace EcoM2F.Recipe.Datasets;

/// <summary>Asks an entry of a file for its fields; what is missing or wrong is named with file, place and field.</summary>
/// <param name="File">Path of the file.</param>
/// <param name="Place">Such as <c>annotations[3]</c>.</param>
internal readonly record struct Entry(string File, string Place)
{
    public T Has<T>([NotNull] T? value, string field)
        where T : class => value ?? throw Missing(field);

    public T Has<T>([NotNull] T? value, string field)
        where T : struct => value ?? throw Missing(field);

    /// <summary>A side of an image.</summary>
    public int Side(int? value, string field)
    {
        const int Most = 65_535;
        var side = Has(value, field);
        return side is >= 1 and <= Most ? side : throw Wrong($"'{field}' is {side}; allowed are 1 to {Most}");
    }

    /// <summary>Where a file is, below a folder of the set.</summary>
    public string FileName(string? value, string field)
    {
        var name = Has(value, field);
        return name.Length > 0 && !name.Contains('\0') ? name : throw Wrong($"'{field}' is empty or holds a zero byte");
    }

    public RecipeException Wrong(string what) => new($"{this}: {what}.");

    public override string ToString() => Place.Length == 0 ? File : $"{File}: {Place}";

    private RecipeException Missing(string field) => Wrong($"'{field}' is missing");
}
