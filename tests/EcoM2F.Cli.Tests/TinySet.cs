using EcoM2F.TestSupport;

namespace EcoM2F.Cli.Tests;

/// <summary>A panoptic set for the tiny model, for a class of tests that only read it.</summary>
public sealed class TinySet(TinyFiles tiny) : IAsyncLifetime
{
    public const int Images = 12;

    private readonly TemporaryFolder _folder = new();

    public string Folder => _folder.Path;

    public string File => _folder["set.json"];

    public async ValueTask InitializeAsync() => await TinyDataset.WriteAsync(_folder.Path, tiny.Model, Images);

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
