using EcoM2F.Inference.Models;
using EcoM2F.TestSupport;

namespace EcoM2F.Inference.Tests.Models;

public sealed class ModelsFolderLocatorTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("ecom2f-locate-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Find_Configured_IsTakenBeforeAll()
    {
        var mine = Path.Combine(_root, "mine");
        var models = Create("models");

        Assert.Equal(mine, ModelsFolderLocator.Find(mine, _root, _root, models));
    }

    [Fact]
    public void Find_InContentRoot_IsTakenBeforeThatBesideTheProgram()
    {
        var inContentRoot = Create("content", "models");
        Create("program", "models");

        Assert.Equal(inContentRoot, Find(repositoryModels: Create("repository", "models")));
    }

    [Fact]
    public void Find_BesideTheProgram_IsTakenBeforeTheRepositorys()
    {
        var besideProgram = Create("program", "models");

        Assert.Equal(besideProgram, Find(repositoryModels: Create("repository", "models")));
    }

    [Fact]
    public void Find_NeitherInContentRootNorBesideTheProgram_IsTheRepositorys()
    {
        var repositoryModels = Create("repository", "models");

        Assert.Equal(repositoryModels, Find(repositoryModels));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("/does/not/exist/models")]
    public void Find_Nowhere_IsBesideTheProgram(string? repositoryModels) =>
        Assert.Equal(Path.Combine(_root, "program", "models"), Find(repositoryModels));

    [Fact]
    public void Find_BuiltInTheRepository_IsTheRepositorys() =>
        Assert.Equal(Path.Combine(RepositoryPaths.Root, "models"), ModelsFolderLocator.Find(null, Path.Combine(_root, "content"), Path.Combine(_root, "program")));

    private string Find(string? repositoryModels) =>
        ModelsFolderLocator.Find("", Path.Combine(_root, "content"), Path.Combine(_root, "program"), repositoryModels);

    private string Create(params string[] path) => Directory.CreateDirectory(Path.Combine([_root, .. path])).FullName;
}
