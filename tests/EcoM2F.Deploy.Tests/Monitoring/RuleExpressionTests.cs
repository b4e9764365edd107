using System.Text.RegularExpressions;
using EcoM2F.Inference.Compute;

namespace EcoM2F.Deploy.Tests.Monitoring;

/// <summary>Every rule, on real Prometheus and the metrics of the real service.</summary>
[Collection(typeof(MonitoredServiceGroup))]
public sealed partial class RuleExpressionTests(MonitoredService service)
{
    private const double Tolerance = 1e-6;

    /// <summary>Looks at a rule before it counts as wrong, a second apart.</summary>
    private const int Evaluations = 30;

    [Fact]
    public async Task Rules_OnTheServer_AreAllThereAndHealthy()
    {
        var rules = await service.RulesAsync();

        Assert.Equal(
            RuleFiles.All.Select(static rule => rule.Name).Order(StringComparer.Ordinal),
            rules.Select(static rule => rule.Name).Order(StringComparer.Ordinal));
        Assert.All(rules, static rule => Assert.True(rule is { Health: "ok", Error: "" }, $"{rule.Name}: {rule.Health} {rule.Error}"));
    }

    [Fact]
    public async Task RecordingRules_RealRequests_HaveDataWithTheLabelsOfTheirLevel()
    {
        foreach (var rule in RuleFiles.Recordings)
        {
            var samples = await service.QueryAsync(rule.Record);

            Assert.True(samples.Count > 0, $"{rule.Record} has no data.");
            // an empty label is none: requests that went to no model have no model
            var level = rule.Record.Split(':')[0].Split('_');
            Assert.Contains(samples, sample => level.All(sample.Labels.ContainsKey));
            Assert.All(samples, sample =>
            {
                Assert.Empty(sample.Labels.Keys.Except([.. level, "__name__"]));
                Assert.True(double.IsFinite(sample.Value), $"{rule.Record} is {sample.Value}.");
            });
        }
    }

    [Fact]
    public async Task RecordingRules_Evaluated_SayWhatTheirExpressionsSay()
    {
        foreach (var rule in RuleFiles.Recordings)
        {
            var difference = await DifferenceAsync(rule);

            // A slow scrape is stored after the evaluation, with a time before it: then a later evaluation has to agree.
            for (var i = 0; i < Evaluations && difference.Length > 0; i++)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
                difference = await DifferenceAsync(rule);
            }

            Assert.Equal("", difference);
        }
    }

    /// <returns>Empty: the last evaluation recorded what the expression says.</returns>
    private async Task<string> DifferenceAsync(RuleDefinition rule)
    {
        // asked for the instant of its evaluation, for averages over time go on changing
        var evaluated = (await service.QueryAsync($"max(timestamp({rule.Record}))"))[0].Value;
        var recorded = ByLabels(rule, await service.QueryAsync(rule.Record));
        var asked = ByLabels(rule, await service.QueryAsync(rule.Expression, evaluated));
        return !asked.Keys.ToHashSet().SetEquals(recorded.Keys)
            ? $"{rule.Record} has {string.Join(", ", recorded.Keys)}, not {string.Join(", ", asked.Keys)}."
            : string.Join(' ', asked.Where(each => Math.Abs(each.Value - recorded[each.Key]) >= Tolerance).Select(each => $"{rule.Record}{each.Key} is {recorded[each.Key]}, not {each.Value}."));
    }

    [Fact]
    public async Task Alerts_HealthyServiceWithFewRequests_AreSilent()
    {
        foreach (var alert in RuleFiles.Alerts)
        {
            Assert.Empty(await service.QueryAsync(alert.Expression));
        }
    }

    [Fact]
    public async Task Rules_NameOnlyMetricsThatThereAre()
    {
        var samples = SampleName().Matches(await service.ScrapeAsync()).Select(static match => match.Value).ToHashSet(StringComparer.Ordinal);
        var known = samples.Concat(RuleFiles.Recordings.Select(static rule => rule.Record)).Append("up").ToHashSet(StringComparer.Ordinal);
        var used = RuleFiles.All.SelectMany(static rule => MetricName().Matches(Strings().Replace(rule.Expression, "")).Select(match => (rule.Name, Metric: match.Value))).ToList();

        Assert.True(used.Count > RuleFiles.All.Count);
        Assert.All(used, name => Assert.True(known.Contains(name.Metric), $"{name.Name} reads {name.Metric}, which there is not."));
    }

    [Fact]
    public async Task Rules_MatchOnlyLabelValuesThatThereAre()
    {
        var matchers = RuleFiles.All.SelectMany(static rule => Selector().Matches(rule.Expression))
            .SelectMany(static selector => Matcher().Matches(selector.Groups["matchers"].Value).Select(match => $"{selector.Groups["metric"].Value}{{{match.Groups["label"].Value}={match.Groups["value"].Value}}}"))
            .Distinct().ToList();

        Assert.NotEmpty(matchers);

        // gates of the bundled model have no guard
        var unseen = $"ecom2f_encoder_depth_count{{reason=\"{ComputeReason.Fallback.ToName()}\"}}";
        foreach (var matcher in matchers.Where(matcher => matcher != unseen))
        {
            Assert.True((await service.QueryAsync($"count({matcher})")).Count == 1, $"Nothing matches {matcher}.");
        }
    }

    [Fact]
    public async Task Metrics_AfterRealRequests_PassPromtool()
    {
        var (exitCode, output) = await PrometheusPrograms.RunPromtoolAsync(["check", "metrics"], await service.ScrapeAsync(), TestContext.Current.CancellationToken);

        Assert.True(exitCode == 0, output);
        Assert.Equal("", output.Trim());
    }

    /// <summary>
    /// Values by their labels. Rates and increases as shares of their sum: a scrape that was being stored while the rule was
    /// evaluated moves where they are extrapolated to, all of them alike.
    /// </summary>
    private static Dictionary<string, double> ByLabels(RuleDefinition rule, IReadOnlyList<PrometheusSample> samples)
    {
        var sum = samples.Sum(static sample => sample.Value);
        var unit = Extrapolated().IsMatch(rule.Record) && sum > 0 ? sum : 1;
        return samples.ToDictionary(
            static sample => string.Join(", ", sample.Labels.Where(static label => label.Key != "__name__").OrderBy(static label => label.Key, StringComparer.Ordinal)),
            sample => sample.Value / unit);
    }

    [GeneratedRegex("^[a-z][a-z0-9_]*", RegexOptions.Multiline)]
    private static partial Regex SampleName();

    [GeneratedRegex("(?<![a-z0-9_:])(up\\b|[a-z_]+:[a-z0-9_:]+|(ecom2f|process|dotnet|http)_[a-z0-9_]+)")]
    private static partial Regex MetricName();

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex Strings();

    [GeneratedRegex(@"(?<metric>[a-z][a-z0-9_:]*)\{(?<matchers>[^}]*)\}")]
    private static partial Regex Selector();

    [GeneratedRegex(":(rate|increase)[0-9]+m$")]
    private static partial Regex Extrapolated();

    // equal, or not equal to something that is there to be left out
    [GeneratedRegex("(?<label>[a-z_]+) *!?=(?<value>\"[^\"]+\")")]
    private static partial Regex Matcher();
}
