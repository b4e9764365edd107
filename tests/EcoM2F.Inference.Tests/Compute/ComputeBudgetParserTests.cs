using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Errors;

namespace EcoM2F.Inference.Tests.Compute;

public sealed class ComputeBudgetParserTests
{
    [Fact]
    public void Parse_AllCompatibleKeys_AreRead()
    {
        var budget = ComputeBudgetParser.Parse("profile=balanced, min-depth=1, max-depth=4, max-gmacs=40, deadline-ms=250");

        Assert.Equal(
            new ComputeBudget { Profile = "balanced", MinDepth = 1, MaxDepth = 4, MaxGmacs = 40, Deadline = TimeSpan.FromMilliseconds(250) },
            budget);
    }

    [Theory]
    [InlineData("beta=0", 0)]
    [InlineData("beta=0.05", 0.05)]
    [InlineData("beta=100", 100)]
    [InlineData("beta=100.0", 100)]
    public void Parse_Beta_TakesIntegersAndDecimals(string text, double beta) =>
        Assert.Equal(new ComputeBudget { Beta = beta }, ComputeBudgetParser.Parse(text));

    [Fact]
    public void Parse_DepthBesideDeadline_IsAllowed() =>
        Assert.Equal(
            new ComputeBudget { Depth = 3, Deadline = TimeSpan.FromMinutes(10) },
            ComputeBudgetParser.Parse("depth=3, deadline-ms=600000"));

    [Fact]
    public void Parse_DepthBesideSize_IsAllowed() =>
        Assert.Equal(new ComputeBudget { Depth = 3, Size = 256 }, ComputeBudgetParser.Parse("size=256, depth=3"));

    [Fact]
    public void Parse_SizeBounds_AreRead() =>
        Assert.Equal(new ComputeBudget { Profile = "fast", MinSize = 256, MaxSize = 256, MaxDepth = 3 }, ComputeBudgetParser.Parse("profile=fast, min-size=256, max-size=256, max-depth=3"));

    [Fact]
    public void Parse_Empty_IsNoConstraint() => Assert.Equal(ComputeBudget.None, ComputeBudgetParser.Parse(""));

    [Fact]
    public void Parse_SeveralLines_AreOneDictionary() =>
        Assert.Equal(
            new ComputeBudget { MinDepth = 2, MaxDepth = 2 },
            ComputeBudgetParser.Parse(["min-depth=2", "max-depth=2"]));

    [Fact]
    public void Parse_SameKeyOnTwoLines_IsRefused() =>
        Assert.Equal("depth", Refused(() => ComputeBudgetParser.Parse(["depth=2", "depth=2"])).Field);

    [Theory]
    [InlineData("colour=red", "colour")]
    [InlineData("Depth=1", "Compute-Budget")]
    [InlineData("depth=1, depth=1", "depth")]
    [InlineData("depth=1;x", "depth")]
    [InlineData("depth=(1 2)", "depth")]
    [InlineData("depth", "depth")]
    [InlineData("depth=1.0", "depth")]
    [InlineData("depth=\"1\"", "depth")]
    [InlineData("depth=0", "depth")]
    [InlineData("depth=-1", "depth")]
    [InlineData("depth=999999999999999", "depth")]
    [InlineData("min-depth=@5", "min-depth")]
    [InlineData("max-depth=:YQ==:", "max-depth")]
    [InlineData("profile=\"balanced\"", "profile")]
    [InlineData("profile=1", "profile")]
    [InlineData("profile=?1", "profile")]
    [InlineData("beta=-1", "beta")]
    [InlineData("beta=100.001", "beta")]
    [InlineData("beta=high", "beta")]
    [InlineData("beta=0.0005", "Compute-Budget")]
    [InlineData("max-gmacs=0", "max-gmacs")]
    [InlineData("max-gmacs=0.0", "max-gmacs")]
    [InlineData("max-gmacs=-4", "max-gmacs")]
    [InlineData("deadline-ms=0", "deadline-ms")]
    [InlineData("deadline-ms=600001", "deadline-ms")]
    [InlineData("deadline-ms=2.5", "deadline-ms")]
    [InlineData("depth=2, beta=1", "depth")]
    [InlineData("profile=fast, depth=2", "depth")]
    [InlineData("depth=2, max-gmacs=2", "depth")]
    [InlineData("beta=1, profile=fast", "beta")]
    [InlineData("min-depth=4, max-depth=3", "min-depth")]
    [InlineData("size=0", "size")]
    [InlineData("size=320.0", "size")]
    [InlineData("min-size=wide", "min-size")]
    [InlineData("max-size=(1 2)", "max-size")]
    [InlineData("size=320, min-size=256", "size")]
    [InlineData("max-size=384, size=320", "size")]
    [InlineData("min-size=384, max-size=320", "min-size")]
    [InlineData("depth=2, min-size=256", "depth")]
    [InlineData("depth=1,", "Compute-Budget")]
    public void Parse_WhatIsNotAllowed_NamesTheField(string text, string field)
    {
        var exception = Refused(() => ComputeBudgetParser.Parse(text));

        Assert.Equal(SegmentationError.BadBudget, exception.Error);
        Assert.Equal(field, exception.Field);
    }

    [Fact]
    public void Parse_UnknownKey_ListsTheKeys()
    {
        var exception = Refused(() => ComputeBudgetParser.Parse("colour=red"));

        Assert.All(ComputeBudgetParser.Allowed.Keys, key => Assert.Contains(key, exception.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Parse_LongHostileKey_IsCutInTheMessage() =>
        Assert.True(Refused(() => ComputeBudgetParser.Parse(new string('a', 10_000) + "=1")).Message.Length < 300);

    private static SegmentationException Refused(Func<ComputeBudget> parse) =>
        Assert.Throws<SegmentationException>(() => parse());
}
