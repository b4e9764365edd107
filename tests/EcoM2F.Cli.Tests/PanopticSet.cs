using EcoM2F.TestSupport;

namespace EcoM2F.Cli.Tests;

/// <summary>A panoptic set for the tiny model, for a class of tests that only read it.</summary>
public sealed class PanopticSet(TinyFiles tiny) : IAsyncLifetime
{
    public const int Images = 12;

    private TinySet _files = null!;

    public string Folder => _files.Folder;

    public string File => _files.File;

    public async ValueTask InitializeAsync() => _files = await TinySet.CreateAsync(tiny.Model, Images);

    public ValueTask DisposeAsync()
    {
        _files.Dispose();
        return ValueTask.CompletedTask;
    }
}
