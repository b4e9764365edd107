namespace EcoM2F.Cli.Segment.Datasets;

/// <summary>Writes what a format has for all images together, image by image. Nothing is in place before it is complete.</summary>
internal interface IDatasetWriter : IDisposable
{
    /// <summary>In the order of their names.</summary>
    void Add(DatasetEntry entry);

    /// <summary>Puts the files in place. Called once, after the last image.</summary>
    /// <returns>Their paths.</returns>
    IReadOnlyList<string> Complete();
}
