namespace EcoM2F.Deploy.Tests.Monitoring;

/// <summary>Prometheus' own checks of the files of deploy/prometheus.</summary>
public sealed class PromtoolTests
{
    public static TheoryData<string> TestFiles { get; } = [.. PrometheusFolder.Tests.Select(static file => Path.GetFileName(file))];

    [Fact]
    public async Task Configuration_AsShipped_IsValidAndNamesEveryRuleFile()
    {
        var output = await PassAsync("check", "config", PrometheusFolder.Configuration);

        Assert.All(PrometheusFolder.Rules, file => Assert.Contains($"Checking {file}", output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Rules_AsShipped_AreValid()
    {
        var output = await PassAsync(["check", "rules", .. PrometheusFolder.Rules]);

        Assert.DoesNotContain("duplicate", output, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [MemberData(nameof(TestFiles))]
    public async Task RuleTests_AsShipped_Pass(string file) => await PassAsync("test", "rules", Path.Combine(PrometheusFolder.Root, "tests", file));

    /// <returns>What promtool wrote.</returns>
    private static async Task<string> PassAsync(params string[] arguments)
    {
        var (exitCode, output) = await PrometheusPrograms.RunPromtoolAsync(arguments, "", TestContext.Current.CancellationToken);
        Assert.True(exitCode == 0, output);
        return output;
    }
}
