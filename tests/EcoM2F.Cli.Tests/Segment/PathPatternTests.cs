using EcoM2F.Cli.Segment;
using EcoM2F.TestSupport;

namespace EcoM2F.Cli.Tests.Segment;

public sealed class PathPatternTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public PathPatternTests()
    {
        foreach (var file in (string[])["a.jpg", "b.png", ".hidden.jpg", "sub/c.jpg", "sub/deep/d.jpg", "other/e.jpg", ".cache/f.jpg"])
        {
            _folder.Write($"in/{file}", "");
        }
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("*.jpg", "a.jpg")]
    [InlineData("?.*", "a.jpg,b.png")]
    [InlineData("*/*.jpg", "other/e.jpg,sub/c.jpg")]
    [InlineData("**/*.jpg", "a.jpg,other/e.jpg,sub/c.jpg,sub/deep/d.jpg")]
    [InlineData("s*/**", "sub/c.jpg,sub/deep/d.jpg")]
    [InlineData("sub/**/d.jpg", "sub/deep/d.jpg")]
    [InlineData(".c*/*.jpg", ".cache/f.jpg")]
    [InlineData("*.tif", "")]
    [InlineData("none/*.jpg", "")]
    public void Files_Pattern_AreThoseThatMatch(string pattern, string expected) =>
        Assert.Equal(expected, string.Join(',', PathPattern.Parse(_folder[$"in/{pattern}"])!.Files().Select(file => Path.GetRelativePath(_folder["in"], file))));

    [Fact]
    public void Parse_WithoutWildcard_IsNone() => Assert.Null(PathPattern.Parse(_folder["in/a.jpg"]));

    [Theory]
    [InlineData("/*.jpg", "/")]
    [InlineData("/x/**/*.jpg", "/x")]
    public void Root_IsTheFolderBeforeTheFirstWildcard(string pattern, string root)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "paths as Unix has them");
        Assert.Equal(root, PathPattern.Parse(pattern)!.Root);
    }

    [Fact]
    public void Root_OfARelativePattern_IsBelowTheCurrentFolder() => Assert.Equal(Environment.CurrentDirectory, PathPattern.Parse("*.jpg")!.Root);
}
