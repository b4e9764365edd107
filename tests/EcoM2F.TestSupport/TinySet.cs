namespace EcoM2F.TestSupport;

/// <summary>A panoptic set for a tiny model, in a folder that goes away with it.</summary>
public sealed class TinySet : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private TinySet()
    {
    }

    public string Folder => _folder.Path;

    /// <summary>The DATASET file.</summary>
    public string File => _folder["set.json"];

    /// <param name="modelFolder">The model whose results become truths.</param>
    public static async Task<TinySet> CreateAsync(string modelFolder, int images)
    {
        var set = new TinySet();
        await TinyDataset.WriteAsync(set.Folder, modelFolder, images).ConfigureAwait(false);
        return set;
    }

    public void Dispose() => _folder.Dispose();
}
