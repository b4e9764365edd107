using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using EcoM2F.TestSupport;

namespace EcoM2F.Serving.Tests;

/// <summary>What is there for operators and for those who look around.</summary>
[Collection(nameof(RunsAlone))]
public sealed partial class OperationsTests(Service service)
{
    [Fact]
    public async Task Health_WhenReady_IsOk()
    {
        Assert.Equal("""{"status":"ok","checks":{}}""", await service.GetAsync("/livez"));
        Assert.Equal("ok", JsonDocument.Parse(await service.GetAsync("/readyz")).RootElement.GetProperty("checks").GetProperty("models").GetProperty("status").GetString());
    }

    [Fact]
    public async Task Models_ListAndCard_Agree()
    {
        var list = JsonDocument.Parse(await service.GetAsync("/v1/models")).RootElement.GetProperty("models");
        var card = JsonDocument.Parse(await service.GetAsync("/v1/models/tiny")).RootElement;

        Assert.Equal(Assert.Single(list.EnumerateArray()).GetRawText(), card.GetRawText());
        Assert.Equal("[1,2,3]", card.GetProperty("exits").GetRawText());
        Assert.True(card.GetProperty("default").GetBoolean());
        Assert.True(card.GetProperty("answers_beta").GetBoolean());
        Assert.Equal(3, card.GetProperty("profiles").EnumerateObject().Count());
    }

    [Fact]
    public async Task Models_Unknown_Is404()
    {
        using var response = await service.Client.GetAsync(new Uri("/v1/models/nonsense", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("/problems/unknown-model", (await Service.JsonAsync(response)).GetProperty("type").GetString());
    }

    [Fact]
    public async Task Metrics_AreWellFormed()
    {
        using var response = await service.Client.GetAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        Assert.All(text.TrimEnd('\n').Split('\n'), static line => Assert.Matches(Line(), line));
        foreach (var sample in (string[])[
            "ecom2f_ready{} 1",
            "ecom2f_build_info{version=",
            "ecom2f_model_info{model=\"tiny\",version=\"1\"} 1",
            "ecom2f_model_max_depth{model=\"tiny\",version=\"1\"} 3",
            "ecom2f_requests_rejected_total{reason=\"overloaded\"} 0",
            "ecom2f_requests_total{model=\"tiny\",status=\"500\"} 0",
            "ecom2f_queue_images{} ",
            "ecom2f_queue_predicted_seconds{} ",
            "process_resident_memory_bytes{} ",
            "process_cpu_seconds_total{} ",
            "process_start_time_seconds{} ",
            "dotnet_thread_pool_threads{} "])
        {
            Assert.Contains("\n" + sample, text, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("otel_scope", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_Post_Is405()
    {
        using var response = await service.Client.PostAsync(new Uri("/metrics", UriKind.Relative), null, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
    }

    [Fact]
    public async Task Metrics_AfterAnAnswer_HaveIt()
    {
        var before = await RequestsAsync("tiny", 406);
        for (var i = 1; i <= 20; i++)
        {
            using var response = await service.PostAsync(TestPng.Photo(), accept: "text/plain");

            Assert.Equal(before + i, await RequestsAsync("tiny", 406));
        }
    }

    [Fact]
    public async Task Metrics_ServedImage_IsCountedWithItsDepth()
    {
        using var response = await service.PostAsync(TestPng.Photo(), budget: "depth=2");
        var text = await service.GetAsync("/metrics");

        Assert.Contains("ecom2f_encoder_depth_bucket{model=\"tiny\",profile=\"none\",reason=\"forced\",version=\"1\",le=\"2\"}", text, StringComparison.Ordinal);
        Assert.Contains("ecom2f_stage_duration_seconds_count{model=\"tiny\",stage=\"encoder\"}", text, StringComparison.Ordinal);
        Assert.Contains("ecom2f_request_duration_seconds_count", text, StringComparison.Ordinal);
        Assert.Contains("ecom2f_batch_size_count", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_HostileNames_AreNoLabels()
    {
        using var model = await service.PostAsync(TestPng.Photo(), "?model=evil-model");
        using var profile = await service.PostAsync(TestPng.Photo(), budget: "profile=evil-profile");
        using var route = await service.Client.GetAsync(new Uri("/evil/path", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.DoesNotContain("evil", await service.GetAsync("/metrics"), StringComparison.Ordinal);
        Assert.True(await RequestsAsync("", 404) >= 1);
    }

    [Fact]
    public async Task Swagger_DescribesWhatIsServed()
    {
        var document = JsonDocument.Parse(await service.GetAsync("/swagger/v1/swagger.json")).RootElement;
        var post = document.GetProperty("paths").GetProperty("/v1/segment").GetProperty("post");
        var content = post.GetProperty("requestBody").GetProperty("content");
        var ok = post.GetProperty("responses").GetProperty("200");

        Assert.Equal("multipart/form-data", content.EnumerateObject().First().Name);
        Assert.Equal("binary", content.GetProperty("multipart/form-data").GetProperty("schema").GetProperty("properties").GetProperty("image").GetProperty("format").GetString());
        Assert.True(content.TryGetProperty("image/jpeg", out _));
        Assert.True(ok.GetProperty("headers").TryGetProperty("Compute-Used", out _));
        Assert.Equal(5, ok.GetProperty("content").EnumerateObject().Count());
        Assert.All((string[])["400", "404", "406", "413", "415", "500", "503", "504"], status => Assert.True(post.GetProperty("responses").TryGetProperty(status, out _), status));
        Assert.True(document.GetProperty("components").GetProperty("schemas").GetProperty("Compute").GetProperty("properties").TryGetProperty("max_depth", out _));
        Assert.True(document.GetProperty("paths").TryGetProperty("/v1/models/{name}", out _));
    }

    [Fact]
    public async Task Swagger_Example_Works()
    {
        var post = JsonDocument.Parse(await service.GetAsync("/swagger/v1/swagger.json")).RootElement.GetProperty("paths").GetProperty("/v1/segment").GetProperty("post");
        var budget = post.GetProperty("parameters").EnumerateArray().Single(static parameter => parameter.GetProperty("name").GetString() == "Compute-Budget");
        using var form = new MultipartFormDataContent { { new ByteArrayContent(TestPng.Photo()), "image", "photo.png" } };

        using var response = await service.PostAsync(form, budget: budget.GetProperty("example").GetString()!.Replace("max-depth=4", "max-depth=3", StringComparison.Ordinal));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Swagger_Page_IsThere() =>
        Assert.Contains("swagger-ui", await service.GetAsync("/swagger/index.html"), StringComparison.Ordinal);

    private async Task<double> RequestsAsync(string model, int status)
    {
        var prefix = $"ecom2f_requests_total{{model=\"{model}\",status=\"{status}\"}} ";
        var line = (await service.GetAsync("/metrics")).Split('\n').Single(line => line.StartsWith(prefix, StringComparison.Ordinal));
        return double.Parse(line[prefix.Length..], System.Globalization.CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("""^(# (HELP|TYPE) [a-z_][a-z0-9_]* .+|[a-z_][a-z0-9_]*(\{([a-z_]+="([^"\\]|\\.)*"(,[a-z_]+="([^"\\]|\\.)*")*)?\})? -?[0-9.E+-]+)$""")]
    private static partial Regex Line();

    [Fact]
    public async Task Metrics_Preflight_CountsAsNoAnswer()
    {
        var before = Answers(await service.GetAsync("/metrics"));
        using var preflight = new HttpRequestMessage(HttpMethod.Options, "/v1/segment");
        preflight.Headers.Add("Origin", "https://example.org");
        preflight.Headers.Add("Access-Control-Request-Method", "POST");
        using var response = await service.Client.SendAsync(preflight, TestContext.Current.CancellationToken);

        Assert.Equal(System.Net.HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(before, Answers(await service.GetAsync("/metrics")));

        static string[] Answers(string metrics) => [.. metrics.Split('\n').Where(static line => line.StartsWith("ecom2f_requests_total{model=\"\",status=\"500\"}", StringComparison.Ordinal))];
    }
}
