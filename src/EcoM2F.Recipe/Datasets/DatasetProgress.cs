namespace EcoM2F.Recipe.Datasets;

/// <summary>How many entries are done.</summary>
public readonly record struct DatasetProgress(int Done, int Total);
