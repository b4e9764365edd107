using EcoM2F.Cli.Output;
using EcoM2F.Cli.Segment;
using EcoM2F.TestSupport;

namespace EcoM2F.Cli.Tests.Segment;

public sealed class ImageListTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Find_Folder_HasImagesBelowItSortedByStem()
    {
        Touch("in/b.JPG", "in/a.png", "in/sub/c.webp", "in/notes.txt");
        Assert.Equal(["a", "b", "sub/c"], Stems("in"));
    }

    [Fact]
    public void Find_FilesAndFolders_CountsTheSameFileOnce()
    {
        Touch("in/a.png", "other/b.png");
        Assert.Equal(["a", "b"], ImageList.Find([_folder["in"], _folder["in/a.png"], _folder["other/b.png"]], _folder["out"]).Select(static image => image.Stem));
    }

    [Fact]
    public void Find_NamedFile_IsTakenWhateverItsEnding()
    {
        Touch("in/photo.bin");
        Assert.Equal(["photo"], Stems("in/photo.bin"));
    }

    [Fact]
    public void Find_SameStemTwice_NamesBoth()
    {
        Touch("in/a.png", "in/a.jpg");
        var message = Assert.Throws<CliException>(() => Stems("in")).Message;
        Assert.Contains("a.png", message, StringComparison.Ordinal);
        Assert.Contains("a.jpg", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_OutputBelowTheFolder_SkipsResults()
    {
        Touch("in/a.png", "in/out/a.png", "in/outdoors/b.png");
        Assert.Equal(["a", "outdoors/b"], ImageList.Find([_folder["in"]], _folder["in/out"]).Select(static image => image.Stem));
    }

    [Fact]
    public void Find_ResultsOfAnotherRun_SkipsThem()
    {
        Touch("in/a.png", "in/earlier/a.png", "in/earlier/" + RunRecord.FileName);
        Assert.Equal(["a"], Stems("in"));
    }

    [Fact]
    public void Find_OutputIsTheFolder_Refuses()
    {
        Touch("in/a.png");
        var message = Assert.Throws<CliException>(() => ImageList.Find([_folder["in"]], _folder["in"] + "/")).Message;
        Assert.Contains("--output", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("absent", "does not exist")]
    [InlineData("empty", "holds no image")]
    public void Find_NothingThere_SaysSo(string name, string why)
    {
        Directory.CreateDirectory(_folder["empty"]);
        Assert.Contains(why, Assert.Throws<CliException>(() => Stems(name)).Message, StringComparison.Ordinal);
    }

    private List<string> Stems(string path) => [.. ImageList.Find([_folder[path]], _folder["out"]).Select(static image => image.Stem)];

    private void Touch(params string[] names)
    {
        foreach (var name in names)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder[name])!);
            File.WriteAllText(_folder[name], "");
        }
    }
}
