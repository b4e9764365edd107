using EcoM2F.Recipe.Evaluation;
using EcoM2F.Recipe.Reports;
using EcoM2F.TestSupport;

namespace EcoM2F.Recipe.Tests.Reports;

public sealed class ReportPageTests(LoadedSet tiny)
{
    private const string Hostile = "<img src=x onerror=alert(1)>\"'&";

    [Fact]
    public async Task Of_HostileNames_AreText()
    {
        var options = new EvaluationOptions(PolicyParser.Defaults(tiny.Engine.Model), 1, 4);
        using var folder = new TemporaryFolder();
        using var evaluator = new Evaluator(tiny.Engine, tiny.Set, options, folder.Path);
        var measured = await evaluator.MeasureAsync(static () => { }, TestContext.Current.CancellationToken);
        var result = await evaluator.CompareAsync(measured, TestContext.Current.CancellationToken);
        Assert.Equal(4, result.Examples.Count);
        var hostile = result with
        {
            Set = measured with { Model = measured.Model with { Name = Hostile, Version = Hostile } },
            Examples = [.. result.Examples.Select(static example => example with { Image = Hostile })],
            Calibrations = [.. result.Calibrations.Select(static item => item with { Gate = Hostile })],
            Policies = [.. result.Policies.Select(static policy => policy.Policy.Profile is null ? policy : policy with { Policy = policy.Policy with { Profile = Hostile } })],
        };
        var page = ReportPage.Of(hostile with { Comparisons = new PolicyEvaluator(measured, 1).Compare(hostile.Policies, hostile.Statics, TestContext.Current.CancellationToken) });
        Assert.DoesNotContain("<img src=x", page, StringComparison.Ordinal);
        Assert.Contains("&lt;img src=x onerror=alert(1)&gt;&quot;&#x27;&amp;", page, StringComparison.Ordinal);
        Assert.Equal(12, page.Split("<img ").Length - 1);
        System.Xml.Linq.XDocument.Parse(WellFormed(page)); // every element is closed
    }

    /// <summary>What HTML allows and XML does not.</summary>
    private static string WellFormed(string page) => System.Text.RegularExpressions.Regex.Replace(
        page.Replace("<!DOCTYPE html>", "", StringComparison.Ordinal), "<(meta|img)([^>]*)>", "<$1$2/>");
}
