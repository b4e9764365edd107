namespace EcoM2F.Recipe.Datasets;

/// <summary>One image of a set.</summary>
/// <param name="Index">Its place in <see cref="Dataset.Images"/>.</param>
/// <param name="Id">As the annotations have it; for label maps the name.</param>
/// <param name="Name">File name below the set's image folder; unique in the set.</param>
/// <param name="Path">Where the file is.</param>
/// <param name="Width">Pixels, upright.</param>
/// <param name="Height">Pixels, upright.</param>
public sealed record DatasetImage(int Index, string Id, string Name, string Path, int Width, int Height);
