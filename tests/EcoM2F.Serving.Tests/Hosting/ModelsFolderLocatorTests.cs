using EcoM2F.Inference.Models;

namespace EcoM2F.Serving.Tests.Hosting;

public sealed class ModelsFolderLocatorTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("ecom2f-locate-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Find_Configured_IsTaken() =>
        Assert.Equal(Path.Combine(_root, "mine"), ModelsFolderLocator.Find(Path.Combine(_root, "mine"), _root, _root));

    [Fact]
    public void Find_InContentRoot_IsTaken()
    {
        var models = Directory.CreateDirectory(Path.Combine(_root, "models")).FullName;

        Assert.Equal(models, ModelsFolderLocator.Find(null, _root, "/nowhere"));
    }

    [Fact]
    public void Find_BesideTheSolution_IsTaken()
    {
        File.WriteAllText(Path.Combine(_root, "EcoM2F.Serving.sln"), "");
        var models = Directory.CreateDirectory(Path.Combine(_root, "models")).FullName;
        var bin = Directory.CreateDirectory(Path.Combine(_root, "src", "EcoM2F.Serving", "bin")).FullName;

        Assert.Equal(models, ModelsFolderLocator.Find("", Path.Combine(_root, "src", "EcoM2F.Serving"), bin));
    }

    [Fact]
    public void Find_Nowhere_IsBesideTheProgram() =>
        Assert.Equal(Path.Combine(_root, "models"), ModelsFolderLocator.Find(null, _root, _root));
}
