using System.Globalization;
using System.Text.Json;

namespace EcoM2F.Deploy.Tests.Monitoring;

/// <summary>Prometheus' HTTP API, as far as tests need it.</summary>
internal sealed class PrometheusApi(HttpClient client)
{
    /// <param name="time">Seconds since the Unix epoch; null for now.</param>
    public async Task<IReadOnlyList<PrometheusSample>> QueryAsync(string expression, double? time, CancellationToken cancellationToken)
    {
        var at = time is { } seconds ? $"&time={Text(seconds)}" : "";
        var data = await GetAsync($"query?query={Uri.EscapeDataString(expression)}{at}", cancellationToken);
        var result = data.GetProperty("result");
        return data.GetProperty("resultType").GetString() switch
        {
            "scalar" => [new PrometheusSample(new Dictionary<string, string>(), Point(result).Value)],
            "vector" => [.. result.EnumerateArray().Select(static sample => new PrometheusSample(Labels(sample), Point(sample.GetProperty("value")).Value))],
            var other => throw new InvalidOperationException($"'{expression}' is a {other}, which has no value at an instant."),
        };
    }

    /// <param name="start">Seconds since the Unix epoch.</param>
    /// <param name="end">Seconds since the Unix epoch.</param>
    public async Task<IReadOnlyList<PrometheusSeries>> QueryRangeAsync(string expression, double start, double end, TimeSpan step, CancellationToken cancellationToken)
    {
        var data = await GetAsync($"query_range?query={Uri.EscapeDataString(expression)}&start={Text(start)}&end={Text(end)}&step={Text(step.TotalSeconds)}", cancellationToken);
        return [.. data.GetProperty("result").EnumerateArray().Select(static series => new PrometheusSeries(
            Labels(series),
            [.. series.GetProperty("values").EnumerateArray().Select(Point)]))];
    }

    public async Task<IReadOnlyList<PrometheusRule>> RulesAsync(CancellationToken cancellationToken)
    {
        var data = await GetAsync("rules", cancellationToken);
        return [.. data.GetProperty("groups").EnumerateArray().SelectMany(static group => group.GetProperty("rules").EnumerateArray()).Select(static rule => new PrometheusRule(
            rule.GetProperty("name").GetString()!,
            rule.GetProperty("type").GetString()!,
            rule.GetProperty("query").GetString()!,
            rule.GetProperty("health").GetString()!,
            rule.TryGetProperty("lastError", out var error) ? error.GetString()! : "",
            rule.GetProperty("lastEvaluation").GetDateTimeOffset().ToUnixTimeMilliseconds() / 1000.0))];
    }

    private async Task<JsonElement> GetAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await client.GetAsync(new Uri($"/api/v1/{path}", UriKind.Relative), cancellationToken);
        var answer = await response.Content.ReadAsStringAsync(cancellationToken);
        return response.IsSuccessStatusCode
            ? JsonDocument.Parse(answer).RootElement.GetProperty("data")
            : throw new InvalidOperationException($"Prometheus answers {(int)response.StatusCode} to {Uri.UnescapeDataString(path)}: {answer}");
    }

    private static Dictionary<string, string> Labels(JsonElement sample) =>
        sample.GetProperty("metric").EnumerateObject().ToDictionary(static label => label.Name, static label => label.Value.GetString()!);

    // [1700000000.123, "4.5"]; NaN, +Inf and -Inf are strings too
    private static PrometheusPoint Point(JsonElement pair) => new(pair[0].GetDouble(), pair[1].GetString() switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        var number => double.Parse(number!, CultureInfo.InvariantCulture),
    });

    private static string Text(double number) => number.ToString("0.###", CultureInfo.InvariantCulture);
}
