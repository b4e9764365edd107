using EcoM2F.Recipe.Adapters;
using EcoM2F.TestSupport;

namespace EcoM2F.Recipe.Tests.Adapters;

public sealed class FitPhotosTests(LoadedSet tiny) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Photos => Path.Combine(Path.GetDirectoryName(tiny.File)!, "images");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Find_Folder_HoldsSomeOut()
    {
        var sut = Find(Photos);
        Assert.Equal(2, sut.HeldOut.Count);
        Assert.Equal(Directory.EnumerateFiles(Photos).Order(StringComparer.Ordinal), sut.HeldOut.Concat(sut.Fit).Order(StringComparer.Ordinal));
        Assert.Empty(sut.Notes);
    }

    [Fact]
    public void Find_MoreThanWanted_TakesThemEvenly() =>
        Assert.Equal(["000.png", "001.png", "002.png", "003.png", "004.png", "005.png", "006.png", "007.png"], Names(FitPhotos.Find(Photos, 8, 0.2, null, CancellationToken.None)));

    [Fact]
    public void Find_SameFolderElsewhere_HasTheSameHash()
    {
        Copy(9);
        Assert.Equal(Find(Photos).Hash, Find(_folder.Path).Hash);
        File.Move(_folder["000.png"], _folder["0000.png"]);
        Assert.NotEqual(Find(Photos).Hash, Find(_folder.Path).Hash);
    }

    [Fact]
    public void Find_PhotosThatSayNothing_AreLeftOutByName()
    {
        Copy(9);
        File.Copy(_folder["001.png"], _folder["again.png"]);
        _folder.Write("below/broken.jpg", "no image");
        TestPng.WriteIds(_folder["grey.png"], 4, 4, new int[16]);
        var sut = Find(_folder.Path);
        Assert.Equal(9, sut.Fit.Count + sut.HeldOut.Count);
        Assert.Equal(3, sut.Notes.Count);
        Assert.Contains("again.png is left out: it is the same as 001.png", sut.Notes);
        Assert.Contains("grey.png is left out: all of it has one colour", sut.Notes);
        Assert.Contains(sut.Notes, static note => note.StartsWith($"below{Path.DirectorySeparatorChar}broken.jpg is left out: ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0, "has no photographs (.jpg, ")]
    [InlineData(7, "has 7 photographs; fitting needs 8 at least")]
    public void Find_TooFew_SaysHowManyAreNeeded(int count, string message)
    {
        Copy(count);
        Assert.Contains(message, Assert.Throws<RecipeException>(() => Find(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_AllAlike_SaysThatTheyMustDiffer()
    {
        for (var i = 0; i < 12; i++)
        {
            File.Copy(Path.Combine(Photos, "000.png"), _folder[$"{i}.png"]);
        }

        var message = Assert.Throws<RecipeException>(() => Find(_folder.Path)).Message;
        Assert.Contains("Of the 12 photographs in ", message, StringComparison.Ordinal);
        Assert.Contains("1 can be used; fitting needs 8 at least that differ", message, StringComparison.Ordinal);
        Assert.Contains("1.png is left out: it is the same as 0.png", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_NoFolder_SaysSo()
    {
        Assert.Contains("does not exist", Assert.Throws<RecipeException>(() => Find(_folder["none"])).Message, StringComparison.Ordinal);
        Assert.Contains("is a file", Assert.Throws<RecipeException>(() => Find(_folder.Write("file.jpg", "x"))).Message, StringComparison.Ordinal);
    }

    private static FitPhotos Find(string folder) => FitPhotos.Find(folder, 100, 0.2, null, CancellationToken.None);

    private static IEnumerable<string> Names(FitPhotos photos) => photos.HeldOut.Concat(photos.Fit).Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    private void Copy(int count)
    {
        for (var i = 0; i < count; i++)
        {
            File.Copy(Path.Combine(Photos, $"{i:000}.png"), _folder[$"{i:000}.png"]);
        }
    }
}
