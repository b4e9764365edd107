using System.Globalization;
using EcoM2F.Deploy.Tests.Monitoring;

namespace EcoM2F.Deploy.Tests.Grafana;

/// <summary>
/// What the dashboard's expressions make of two replicas with unequal load, and of one that starts anew or goes; promtool
/// plays the series. In each 15 seconds replica a serves six images with two layers each, b two images with six.
/// </summary>
public sealed class DashboardReplicasTests
{
    private const string Series = """
            - series: 'ecom2f_encoder_depth_sum{job="ecom2f", instance="a:8080", model="default", version="1", profile="fast", reason="gate"}'
              values: '0+12x40'
            - series: 'ecom2f_encoder_depth_count{job="ecom2f", instance="a:8080", model="default", version="1", profile="fast", reason="gate"}'
              values: '0+6x40'
            - series: 'ecom2f_encoder_depth_sum{job="ecom2f", instance="b:8080", model="default", version="1", profile="fast", reason="gate"}'
              values: '0+12x40'
            - series: 'ecom2f_encoder_depth_count{job="ecom2f", instance="b:8080", model="default", version="1", profile="fast", reason="gate"}'
              values: '0+2x40'
            - series: 'ecom2f_model_max_depth{job="ecom2f", instance="a:8080", model="default", version="1"}'
              values: '6x40'
            - series: 'ecom2f_model_max_depth{job="ecom2f", instance="b:8080", model="default", version="1"}'
              values: '6x40'
            - series: 'ecom2f_requests_total{job="ecom2f", instance="a:8080", model="default", status="200"}'
              values: '0+6x40'
            - series: 'ecom2f_requests_total{job="ecom2f", instance="b:8080", model="default", status="200"}'
              values: '0+2x40'
            - series: 'ecom2f_requests_total{job="ecom2f", instance="b:8080", model="default", status="503"}'
              values: '0+2x40'
            - series: 'ecom2f_requests_total{job="ecom2f", instance="b:8080", model="default", status="400"}'
              values: '0+90x40'
            - series: 'ecom2f_ready{job="ecom2f", instance="a:8080"}'
              values: '1x8 0x3 1x28'
            - series: 'ecom2f_ready{job="ecom2f", instance="b:8080"}'
              values: '1x20 stale _x20'
            - series: 'process_start_time_seconds{job="ecom2f", instance="a:8080"}'
              values: '1000x8 2000x32'
            - series: 'process_start_time_seconds{job="prometheus", instance="p:9090"}'
              values: '1000x8 2000x32'
            - series: 'process_resident_memory_bytes{job="ecom2f", instance="a:8080"}'
              values: '4096x40'
            - series: 'process_resident_memory_bytes{job="prometheus", instance="p:9090"}'
              values: '8192x40'
        """;

    [Theory]
    [InlineData("Average encoder depth A", 3)] // 24 layers in 8 images; the average of the averages is 4
    [InlineData("Average depth by profile A", 3)]
    [InlineData("Encoder layers saved A", 0.5)] // 24 of 48 layers; the average of the shares is a third
    [InlineData("Saved over time A", 0.5)]
    [InlineData("Errors and refusals A", 0.2)] // 2 of 10 requests, beside 90 bad ones; the average of the shares is a quarter
    public Task Ratio_OfTwoReplicas_IsThatOfTheirSums(string place, double expected) => AssertAsync(place, Total, "10m", expected);

    [Theory]
    [InlineData("Annotation Readiness changed", "2m30s", 1)]
    [InlineData("Annotation Readiness changed", "4m30s", 0)]
    [InlineData("Annotation Replica gone", "5m30s", 1)]
    [InlineData("Annotation Replica gone", "4m30s", 0)]
    [InlineData("Annotation Process restarted", "2m30s", 1)]
    [InlineData("Annotation Process restarted", "4m30s", 0)]
    public Task Annotation_WhenAReplicaChanges_MarksIt(string place, string at, int marks) => AssertAsync(place, Count, at, marks);

    [Fact]
    public Task Memory_OfOtherPrograms_IsNotShown() => AssertAsync("Memory A", Total, "10m", 4096);

    private static string Total(string query) => $"round(sum({query}), 0.001)";

    private static string Count(string query) => $"count({query}) or vector(0)";

    /// <param name="reading">Makes one number of the query.</param>
    private static async Task AssertAsync(string place, Func<string, string> reading, string at, double expected)
    {
        var query = Dashboard.EcoM2F.Queries.Single(each => each.Place == place).Fill(new Dictionary<string, string>
        {
            ["model"] = ".*",
            ["instance"] = ".*",
            ["__rate_interval"] = "1m",
            ["__interval"] = "15s",
            ["__range"] = "5m",
        });
        var folder = Directory.CreateTempSubdirectory("ecom2f-promtool-");
        try
        {
            var file = Path.Combine(folder.FullName, "test.yml");
            await File.WriteAllTextAsync(file, TestFile(reading(query), at, expected), TestContext.Current.CancellationToken);
            var (exitCode, output) = await PrometheusPrograms.RunPromtoolAsync(["test", "rules", file], "", TestContext.Current.CancellationToken);
            Assert.True(exitCode == 0, output);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string TestFile(string expression, string at, double value) => $"""
        evaluation_interval: 15s
        tests:
          - interval: 15s
            input_series:
        {Series}
            promql_expr_test:
              - expr: '{expression}'
                eval_time: {at}
                exp_samples:
                  - value: {value.ToString(CultureInfo.InvariantCulture)}
        """;
}
