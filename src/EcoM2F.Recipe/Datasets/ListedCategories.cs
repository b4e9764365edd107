namespace EcoM2F.Recipe.Datasets;

/// <summary>The categories of a file, and which of them are in use.</summary>
/// <param name="File">For messages.</param>
/// <param name="Used">Ids that annotations have; null where only pixels tell.</param>
internal sealed record ListedCategories(string File, IReadOnlyList<CocoCategory?>? Categories, IReadOnlySet<int>? Used);
