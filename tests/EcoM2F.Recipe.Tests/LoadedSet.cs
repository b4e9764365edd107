using EcoM2F.Inference.Pipeline;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Tests;
using EcoM2F.TestSupport;

[assembly: AssemblyFixture(typeof(LoadedSet))]

namespace EcoM2F.Recipe.Tests;

/// <summary>A tiny model with a set that it was made for, loaded; for all tests that only read them.</summary>
public sealed class LoadedSet : IAsyncLifetime
{
    public const int Images = 9;

    private readonly TemporaryFolder _folder = new();
    private TinySet _files = null!;

    public string ModelFolder => _folder["tiny"];

    public string File => _files.File;

    public ExitsEngine Engine { get; private set; } = null!;

    public Dataset Set { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        TinyModel.CompileTo(ModelFolder);
        _files = await TinySet.CreateAsync(ModelFolder, Images);
        Engine = ExitsEngine.Open(ModelFolder, "cpu", CancellationToken.None);
        Set = Dataset.Open(File, Engine.Model.Classes);
    }

    public ValueTask DisposeAsync()
    {
        Engine.Dispose();
        _files.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
