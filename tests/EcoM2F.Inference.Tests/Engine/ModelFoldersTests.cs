using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Models;
using EcoM2F.TestSupport;
using Microsoft.Extensions.Options;

namespace EcoM2F.Inference.Tests.Engine;

public sealed class ModelFoldersTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ReadAsync_BegunBefore_GivesEachFolderOnce()
    {
        TinyModel.CompileTo(_folder["b"]);
        TinyModel.CompileTo(_folder["a"]);
        using var sut = Create(_folder.Path);
        sut.BeginReading();

        var folders = await sut.ReadAsync(Token);

        Assert.Equal([_folder["a"], _folder["b"]], folders.Select(static folder => folder.Path));
        Assert.Same(folders, await sut.ReadAsync(Token));
    }

    [Fact]
    public async Task ReadAsync_FileThatWasChanged_IsNamed()
    {
        TinyModel.CompileTo(_folder["a"]);
        File.AppendAllText(Path.Combine(_folder["a"], "stem.onnx"), "x");
        using var sut = Create(_folder.Path);
        sut.BeginReading();

        var error = await Assert.ThrowsAsync<ModelLoadException>(() => sut.ReadAsync(Token));

        Assert.Contains("stem.onnx has SHA-256", error.Message, StringComparison.Ordinal);
    }

    /// <summary>A start that fails elsewhere asks nobody how reading went.</summary>
    [Fact]
    public void Dispose_ReadingFailed_SaysNothing()
    {
        var sut = Create(_folder["none"]);
        sut.BeginReading();

        sut.Dispose();
    }

    public void Dispose() => _folder.Dispose();

    private static ModelFolders Create(string path) => new(Options.Create(new EngineOptions { ModelsFolder = path }));
}
