using EcoM2F.Cli.Output;
using EcoM2F.Cli.Segment;
using EcoM2F.TestSupport;

namespace EcoM2F.Cli.Tests.Segment;

public sealed class ImageListTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>What earlier runs recorded in the output folder.</summary>
    private ResultNames Names => ResultNames.Read(_folder["out"]);

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
        Assert.Equal(["a", "b"], ImageList.Find([_folder["in"], _folder["in/a.png"], _folder["other/b.png"]], TextReader.Null, _folder["out"], Names).Select(static image => image.Stem));
    }

    [Fact]
    public void Find_NamedFile_IsTakenWhateverItsEnding()
    {
        Touch("in/photo.bin");
        Assert.Equal(["photo"], Stems("in/photo.bin"));
    }

    [Fact]
    public void Find_SameStemTwice_KeepsThemApart()
    {
        Touch("in/a.png", "in/a.jpg", "in/b.jpg", "in/sub/a.jpg");
        Assert.Equal(["a.jpg", "a.png", "b", "sub/a"], Stems("in"));
    }

    [Fact]
    public void Find_WholeNameThatIsAStem_KeepsAllApart()
    {
        Touch("in/a.png", "in/a.jpg", "in/a.jpg.webp");
        Assert.Equal(["a.jpg", "a.jpg.webp", "a.png"], Stems("in"));
    }

    [Fact]
    public void Find_SameNameInTwoFolders_NamesBoth()
    {
        Touch("in/a.png", "other/a.png");
        var message = Assert.Throws<CliException>(() => ImageList.Find([_folder["in"], _folder["other"]], TextReader.Null, _folder["out"], Names)).Message;
        Assert.Contains(_folder["in/a.png"], message, StringComparison.Ordinal);
        Assert.Contains(_folder["other/a.png"], message, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_ImageThatCollidesLater_LeavesTheFirstItsName()
    {
        Touch("in/a.png", "in/b.png");
        Record("in");
        Touch("in/a.jpg", "in/b.jpg", "in/b.gif");
        Assert.Equal(["a.jpg", "a", "b.gif", "b.jpg", "b"], Stems("in"));

        Record("in");
        Assert.Equal(["a.jpg", "a", "b.gif", "b.jpg", "b"], Stems("in"));
        File.Delete(_folder["in/a.png"]);
        Assert.Equal("a.jpg", Stems("in")[0]); // "a" has the results of an image that is gone
        Touch("in/a.jpg.gif");
        Assert.Equal(["a.jpg", "a.jpg.gif"], Stems("in")[..2]);
    }

    [Fact]
    public void Find_ImageNamedAsEarlierResults_GetsANameOfItsOwn()
    {
        Touch("in/a.jpg.png", "in/a.gif");
        Record("in");
        Touch("in/a.jpg");
        Assert.Equal(["a", "a.jpg-2", "a.jpg"], Stems("in"));
    }

    [Fact]
    public void Find_HiddenFilesAndLoops_AreLeftOut()
    {
        Touch("in/a.jpg", "in/._a.jpg", "in/@eaDir/a.jpg", "in/.ipynb_checkpoints/a.jpg");
        if (!OperatingSystem.IsWindows())
        {
            Directory.CreateSymbolicLink(_folder["in/loop"], _folder["in"]);
        }

        Assert.Equal(["a"], Stems("in"));
    }

    [Fact]
    public void Read_DamagedRecord_NamesTheFile()
    {
        Touch("out/" + ResultNames.FileName);
        File.WriteAllText(_folder["out/" + ResultNames.FileName], "[1]");
        Assert.Contains(ResultNames.FileName, Assert.Throws<CliException>(() => Names).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_OutputBelowTheFolder_SkipsResults()
    {
        Touch("in/a.png", "in/out/a.png", "in/outdoors/b.png");
        Assert.Equal(["a", "outdoors/b"], ImageList.Find([_folder["in"]], TextReader.Null, _folder["in/out"], Names).Select(static image => image.Stem));
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
        var message = Assert.Throws<CliException>(() => ImageList.Find([_folder["in"]], TextReader.Null, _folder["in"] + "/", Names)).Message;
        Assert.Contains("--output", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("absent", "does not exist")]
    [InlineData("empty", "no image")]
    public void Find_NothingThere_SaysSo(string name, string why)
    {
        Directory.CreateDirectory(_folder["empty"]);
        Assert.Contains(why, Assert.Throws<CliException>(() => Stems(name)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_Pattern_NamesFilesBelowItsFolder()
    {
        Touch("in/a.png", "in/sub/b.jpg", "in/sub/notes.txt", "in/sub/deep/c.jpg");
        Assert.Equal(["sub/b", "sub/deep/c"], Stems("in/s*/**/*"));
        Assert.Contains("matches no image", Assert.Throws<CliException>(() => Stems("in/*.gif")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_PatternAboveTheOutput_LeavesResultsOut()
    {
        Touch("in/a.png", "in/out/a.png");
        Assert.Equal(["a"], ImageList.Find([_folder["in/**/*.png"]], TextReader.Null, _folder["in/out"], Names).Select(static image => image.Stem));
    }

    [Fact]
    public void Find_ListOnStdin_KeepsPathsAsNames()
    {
        Touch("one/a.png", "two/a.png", "two/b.bin");
        var list = new StringReader($"{_folder["one/a.png"]}\n\n{_folder["two/../two/a.png"]}\n{_folder["two/b.bin"]}\n");
        var root = _folder.Path.TrimStart(Path.DirectorySeparatorChar);

        var found = ImageList.Find([ImageList.Stdin], list, _folder["out"], Names);

        Assert.Equal([$"{root}/one/a", $"{root}/two/a", $"{root}/two/b"], found.Select(static image => image.Stem.Replace('\\', '/')));
        Assert.Equal([_folder["one/a.png"], _folder["two/a.png"], _folder["two/b.bin"]], found.Select(static image => image.Path));
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("/nowhere/a.png\n", "'/nowhere/a.png', which does not exist")]
    [InlineData("/\n", "the folder '/'")]
    public void Find_ListOnStdinThatCannotBe_SaysWhy(string list, string message) => Assert.Contains(
        message, Assert.Throws<CliException>(() => ImageList.Find([ImageList.Stdin], new StringReader(list), _folder["out"], Names)).Message, StringComparison.Ordinal);

    private List<string> Stems(string path) => [.. ImageList.Find([_folder[path]], TextReader.Null, _folder["out"], Names).Select(static image => image.Stem)];

    /// <summary>As a run does once it works.</summary>
    private void Record(string path)
    {
        Directory.CreateDirectory(_folder["out"]);
        ResultNames.Write(_folder["out"], ImageList.Find([_folder[path]], TextReader.Null, _folder["out"], Names));
    }

    private void Touch(params string[] names)
    {
        foreach (var name in names)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder[name])!);
            File.WriteAllText(_folder[name], "");
        }
    }
}
