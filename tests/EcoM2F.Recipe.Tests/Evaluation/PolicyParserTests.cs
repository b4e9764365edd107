using EcoM2F.Recipe.Evaluation;

namespace EcoM2F.Recipe.Tests.Evaluation;

public sealed class PolicyParserTests(LoadedSet tiny)
{
    [Theory]
    [InlineData("--policy: 'static:9': model 'tiny' has no such exit; allowed are 1, 2, 3.", "static:9")]
    [InlineData("--policy: 'static:1.5': a depth is a whole number.", "static:1.5")]
    [InlineData("--policy: 'gate:slow': model 'tiny' has no such classifier; allowed are balanced, best, fast, and utility:BETA for its utility gate.", "gate:slow")]
    [InlineData("--policy: 'gate:utility': model 'tiny' has no such classifier", "gate:utility")]
    [InlineData("--policy: 'oracle:101': allowed after the colon are numbers from 0 to 100.", "oracle:101")]
    [InlineData("--policy: 'oracle:NaN': allowed after the colon are numbers", "oracle:NaN")]
    [InlineData("--policy: 'saturation:2': allowed after the colon are numbers from -1 to 1.", "saturation:2")]
    [InlineData("--policy: 'oracle': allowed are static:K, gate:PROFILE,", "oracle")]
    [InlineData("--policy: '<script>': allowed are", "<script>")]
    [InlineData("--policy: 'static:1' is there twice.", "static:1,static:1")]
    [InlineData("--policy is empty", ",")]
    [InlineData("--policy: 'static': allowed are static:K", "static")]
    [InlineData("--policy: 'gate:': model 'tiny' has no such classifier", "gate:")]
    public void Parse_WrongPolicy_NamesWhatIsAllowed(string message, string policy) =>
        Assert.Contains(message, Assert.Throws<RecipeException>(() => PolicyParser.Parse(policy, tiny.Engine.Model)).Message, StringComparison.Ordinal);

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
