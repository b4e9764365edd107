using System.Text.RegularExpressions;
using EcoM2F.Inference.Compute;
using EcoM2F.Serving.Observability;

namespace EcoM2F.Deploy.Tests.Documentation;

/// <summary>What the page says of metrics, against those of the real service after an image.</summary>
public sealed partial class MetricsPageTests(ServedMetrics served) : IClassFixture<ServedMetrics>
{
    [Fact]
    public void Table_Rows_AreTheFamiliesThatAreServed()
    {
        var rows = OperationsPage.Table(OperationsPage.Text, "| metric | type | labels |");
        var documented = rows.Select(static row => new MetricFamily(row[0].Trim('`'), row[1], MetricFamily.Sorted(Word().Matches(row[2]).Select(static word => word.Groups[1].Value))));
        var ours = served.Families.Where(static family => family.Name.StartsWith("ecom2f_", StringComparison.Ordinal) || family.Name.StartsWith("process_", StringComparison.Ordinal));

        Assert.Equal(ours.OrderBy(static family => family.Name, StringComparer.Ordinal), documented.OrderBy(static family => family.Name, StringComparer.Ordinal));
        Assert.All(rows, static row => Assert.All(row[3..], Assert.NotEmpty));
    }

    [Fact]
    public void Page_EveryMetricThatItNames_IsServed()
    {
        var names = served.Families.Select(static family => family.Name).ToHashSet();
        var named = Metric().Matches(OperationsPage.Text).Select(static match => Suffix().Replace(match.Value, "")).Distinct().ToList();

        Assert.True(named.Count > 20);
        Assert.All(named, name => Assert.Contains(name, names));
    }

    [Fact]
    public void Page_OtherFamilies_AreNamedByTheirPrefix() =>
        Assert.All(
            served.Families.Where(static family => !family.Name.StartsWith("ecom2f_", StringComparison.Ordinal) && !family.Name.StartsWith("process_", StringComparison.Ordinal)),
            static family => Assert.Contains(Prefixes().Matches(OperationsPage.Text), match => family.Name.StartsWith(match.Groups[1].Value, StringComparison.Ordinal)));

    [Fact]
    public void Page_ReasonsOfDepthAndRefusal_AreAllNamed() =>
        Assert.All([.. ComputeReasonNames.All, .. RejectionReasons.All], (string reason) => Assert.Contains($"`{reason}`", OperationsPage.Text, StringComparison.Ordinal));

    [GeneratedRegex("`([a-z]+)`")]
    private static partial Regex Word();

    [GeneratedRegex(@"\b(?:ecom2f|process|dotnet)_[a-z_]+[a-z]\b")]
    private static partial Regex Metric();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Suffix();

    [GeneratedRegex(@"`([a-z_]+_)\*`")]
    private static partial Regex Prefixes();
}
