using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler.Tests;

public sealed class SizeListTests
{
    private static readonly PreprocessingSettings Own = new() { ShortestEdge = 320, LongestEdge = 448, Mean = [0, 0, 0], Std = [1, 1, 1] };

    [Theory]
    [InlineData("192:288,256:384,320,384:512", "192:288 256:384 320:448 384:512")]
    [InlineData("256", "256:384 320:448")] // 358.4, up to a multiple of 32
    [InlineData("640, 160", "160:224 320:448 640:896")]
    [InlineData("320:448,192:192", "192:192 320:448")]
    [InlineData("8192", "320:448 8192:8192")] // as far as edges go
    public void Parse_List_IsAscendingWithTheOwnSize(string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', SizeList.Parse(text, Own)!));

    [Theory]
    [InlineData("320")]
    [InlineData("320:448")]
    public void Parse_OwnSizeAlone_IsNone(string text) => Assert.Null(SizeList.Parse(text, Own));

    [Theory]
    [InlineData("", "''")]
    [InlineData("192,,256", "''")]
    [InlineData("small", "'small'")]
    [InlineData("192x288", "'192x288'")]
    [InlineData("31", "32 to 8192")]
    [InlineData("8193", "32 to 8192")]
    [InlineData("-256", "'-256'")]
    [InlineData("256.0", "'256.0'")]
    [InlineData("256:", "'256:'")]
    [InlineData("256:384:512", "'256:384:512'")]
    [InlineData("256:128", "'256:128'")]
    [InlineData("99999999999999999999", "'99999999999999999999'")]
    [InlineData("192,192:288", "192 more than once")]
    [InlineData("320:512", "own size is 320:448")]
    [InlineData("193,200", "both 224 pixels")]
    public void Parse_BadList_SaysWhatIsWrong(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<CompileException>(() => SizeList.Parse(text, Own)).Message, StringComparison.Ordinal);

    [Fact]
    public void Parse_FixedHeightAndWidth_IsRefused()
    {
        var settings = Own with { ShortestEdge = null, LongestEdge = null, Height = 320, Width = 448 };

        Assert.Contains("shortest_edge", Assert.Throws<CompileException>(() => SizeList.Parse("256", settings)).Message, StringComparison.Ordinal);
    }
}
