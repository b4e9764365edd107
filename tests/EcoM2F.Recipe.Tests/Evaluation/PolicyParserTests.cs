using EcoM2F.Recipe.Evaluation;

namespace EcoM2F.Recipe.Tests.Evaluation;

public sealed class PolicyParserTests(LoadedSet tiny)
{
    [Theory]
    [InlineData("static:9", "static:9", "1, 2, 3")]
    [InlineData("static:1.5", "static:1.5", "whole number")]
    [InlineData("gate:slow", "gate:slow", "balanced, best, fast", "utility:BETA")]
    [InlineData("gate:utility", "gate:utility", "no such classifier")]
    [InlineData("oracle:101", "oracle:101", "0 to 100")]
    [InlineData("oracle:NaN", "oracle:NaN", "0 to 100")]
    [InlineData("saturation:2", "saturation:2", "-1 to 1")]
    [InlineData("oracle", "oracle", "static:K", "gate:PROFILE")]
    [InlineData("<script>", "<script>", "allowed")]
    [InlineData("static:1,static:1", "static:1", "twice")]
    [InlineData(",", "--policy", "empty")]
    [InlineData("static", "static", "static:K")]
    [InlineData("gate:", "gate:", "no such classifier")]
    public void Parse_WrongPolicy_NamesWhatIsAllowed(string policy, params string[] messages)
    {
        var exception = Assert.Throws<RecipeException>(() => PolicyParser.Parse(policy, tiny.Engine.Model));
        Assert.All(messages, message => Assert.Contains(message, exception.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("static:2", "static:2")]
    [InlineData(" gate:fast , random ", "gate:fast random:balanced")]
    [InlineData("utility:0.50,oracle:0,mirror:1.25,saturation:-0.5,random:best", "utility:0.5 oracle:0 mirror:1.25 saturation:-0.5 random:best")]
    public void Parse_Policies_KeepsTheirOrder(string text, string names) =>
        Assert.Equal(names.Split(' '), PolicyParser.Parse(text, tiny.Engine.Model).Select(static policy => policy.Name));

    [Fact]
    public void Parse_ModelNotKnownYet_ChecksWordsAlone()
    {
        PolicyParser.Parse("static:9,gate:any,utility:1,random", model: null);
        Assert.Throws<RecipeException>(() => PolicyParser.Parse("static:x", model: null));
    }
}
