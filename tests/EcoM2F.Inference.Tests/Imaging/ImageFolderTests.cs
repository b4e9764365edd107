using EcoM2F.Inference.Imaging;

namespace EcoM2F.Inference.Tests.Imaging;

/// <summary>Which files of a folder are images: every format that is decoded, nothing hidden, every real folder once.</summary>
public sealed class ImageFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ecom2f-folder-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void ImagesBelow_EveryExtensionInUse_IsFound()
    {
        string[] names = ["a.jpg", "b.JPEG", "c.jpe", "d.JFIF", "e.mpo", "f.Png", "g.webp", "h.GIF", "i.TIF", "j.tiff", "k.avif", "l.HEIC", "m.heif"];
        Touch([.. names, "notes.txt", "x.bmp", "y.svg", "z.json", "jpg"]);

        Assert.Equal(names, Below("."));
    }

    [Fact]
    public void ImagesBelow_HiddenFilesAndFolders_AreSkipped()
    {
        Touch("a.jpg", "._a.jpg", ".DS_Store", "Thumbs.db", ".hidden/b.jpg", "@eaDir/a.jpg/SYNOPHOTO_THUMB_XL.jpg", ".ipynb_checkpoints/a-checkpoint.jpg", "__MACOSX/a.jpg", "#recycle/c.jpg", "sub/d.jpg", "sub/._d.jpg");

        Assert.Equal(["a.jpg", "sub/d.jpg"], Below("."));
        Assert.Equal([".DS_Store", "._a.jpg"], Directory.EnumerateFiles(_folder, ".*").Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(["a.jpg"], ImageFolder.FileNames(_folder));
    }

    [Fact]
    public void ImagesBelow_HiddenFolderThatWasNamed_IsSearched()
    {
        Touch(".cache/a.jpg");

        Assert.Equal([".cache/a.jpg"], Below(".cache"));
    }

    [Fact]
    public void ImagesBelow_LinkToItself_HasEveryImageOnce()
    {
        Touch("a.jpg", "sub/b.jpg");
        Link("loop", _folder);
        Link("sub/up", "..");

        Assert.Equal(["a.jpg", "sub/b.jpg"], Below("."));
    }

    [Fact]
    public void ImagesBelow_LinksToOneFolder_SearchesItOnce()
    {
        Touch("in/a.jpg", "elsewhere/b.jpg", "elsewhere/deep/c.jpg");
        Link("in/first", Path.Combine(_folder, "elsewhere"));
        Link("in/second", Path.Combine(_folder, "elsewhere"));
        Link("in/third", Path.Combine(_folder, "elsewhere", "deep"));

        Assert.Equal(["in/a.jpg", "in/first/b.jpg", "in/first/deep/c.jpg"], Below("in"));
    }

    [Fact]
    public void ImagesBelow_LinkBesideItsFolder_KeepsTheFoldersOwnPath()
    {
        Touch("z/a.jpg");
        Link("a-link", "z");

        Assert.Equal(["z/a.jpg"], Below("."));
    }

    [Fact]
    public void ImagesBelow_LinksToFiles_AreFollowed()
    {
        Touch("store/0001.jpg", "in/own.jpg");
        Link("in/a.jpg", Path.Combine(_folder, "store", "0001.jpg"));
        Link("in/b.jpg", "../store/0001.jpg");

        Assert.Equal(["in/a.jpg", "in/b.jpg", "in/own.jpg"], Below("in"));
    }

    [Fact]
    public void ImagesBelow_LinkThatLeadsNowhere_EndsNothing()
    {
        Touch("a.jpg");
        Link("gone", "nowhere");
        Link("circle", "circle");

        Assert.Equal(["a.jpg"], Below("."));
    }

    [Fact]
    public void ImagesBelow_SkippedFolder_IsLeftOutWithAllBelowIt()
    {
        Touch("a.jpg", "out/b.jpg", "out/deep/c.jpg");

        Assert.Equal([Path.Combine(_folder, "a.jpg")], ImageFolder.ImagesBelow(_folder, static real => Path.GetFileName(real) == "out"));
    }

    [Fact]
    public void Of_LinksAboveAndWithin_AreResolved()
    {
        Touch("real/deep/a.jpg");
        Link("one", "real");
        Link("two", Path.Combine(_folder, "one", "deep"));
        var root = RealPath.Of(_folder);

        Assert.Equal(Path.Combine(root, "real", "deep", "a.jpg"), RealPath.Of(Path.Combine(_folder, "two", "a.jpg")));
        Assert.Equal(Path.Combine(root, "real", "absent"), RealPath.Of(Path.Combine(_folder, "one", "absent")));
        Link("circle", "circle");
        Assert.Throws<IOException>(() => RealPath.Of(Path.Combine(_folder, "circle")));
    }

    private IEnumerable<string> Below(string folder) =>
        ImageFolder.ImagesBelow(Path.GetFullPath(Path.Combine(_folder, folder)), static _ => false).Select(path => Path.GetRelativePath(_folder, path).Replace('\\', '/'));

    private void Link(string name, string target)
    {
        var path = Path.Combine(_folder, name);
        try
        {
            File.CreateSymbolicLink(path, target);
        }
        catch (Exception exception) when (OperatingSystem.IsWindows() && exception is IOException or UnauthorizedAccessException)
        {
            Assert.Skip("needs the right to make links");
        }
    }

    private void Touch(params string[] names)
    {
        foreach (var name in names)
        {
            var path = Path.Combine(_folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, "");
        }
    }
}
