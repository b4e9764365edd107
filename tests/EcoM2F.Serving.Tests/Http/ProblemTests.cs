using System.Net;
using System.Text.Json;
using EcoM2F.Inference.Errors;
using EcoM2F.Serving.Http;
using EcoM2F.TestSupport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EcoM2F.Serving.Tests.Http;

/// <summary>Every way to fail, through the pipeline that answers failures.</summary>
public sealed class ProblemTests : IAsyncLifetime
{
    private const string Secret = "what only the log may say";

    private static readonly Dictionary<SegmentationError, (int Status, string Type)> Expected = new()
    {
        [SegmentationError.BadRequest] = (400, "/problems/bad-request"),
        [SegmentationError.BadBudget] = (400, "/problems/bad-budget"),
        [SegmentationError.BadImage] = (400, "/problems/bad-image"),
        [SegmentationError.UnknownModel] = (404, "/problems/unknown-model"),
        [SegmentationError.UnsupportedOutput] = (406, "/problems/not-acceptable"),
        [SegmentationError.TooLarge] = (413, "/problems/too-large"),
        [SegmentationError.UnsupportedFormat] = (415, "/problems/unsupported-format"),
        [SegmentationError.ModelFailed] = (500, "/problems/internal-error"),
        [SegmentationError.Overloaded] = (503, "/problems/overloaded"),
        [SegmentationError.NotReady] = (503, "/problems/not-ready"),
        [SegmentationError.DeadlineExceeded] = (504, "/problems/deadline-exceeded"),
    };

    private WebApplication _app = null!;
    private HttpClient _client = null!;

    public static TheoryData<SegmentationError> Errors => [.. Enum.GetValues<SegmentationError>()];

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(new UploadLimits(1000));
        builder.Services.AddSingleton(new BatchLimits(MaxImages: 10, InFlight: 1));
        builder.Services.AddProblems();
        _app = builder.Build();
        _app.UseProblems();
        _app.MapGet("/fail/{error}", static IResult (SegmentationError error) =>
            throw new SegmentationException(error, Secret, "depth") { RetryAfter = TimeSpan.FromSeconds(2.2) });
        _app.MapGet("/crash", static IResult () => throw new InvalidOperationException(Secret));
        _app.MapGet("/big", static IResult () => throw new BadHttpRequestException("too big", StatusCodes.Status413PayloadTooLarge));
        await _app.StartAsync(TestContext.Current.CancellationToken);
        _client = _app.GetTestClient();
        _client.DefaultRequestHeaders.Add("Accept", "image/png");
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task Error_OfTheEngine_HasItsStatusAndType(SegmentationError error)
    {
        var (response, problem) = await GetAsync($"/fail/{error}");

        Assert.Equal(Expected[error].Status, (int)response.StatusCode);
        Assert.Equal(Expected[error].Type, problem.GetProperty("type").GetString());
        Assert.Equal((int)response.StatusCode, problem.GetProperty("status").GetInt32());
        Assert.NotEqual("", problem.GetProperty("title").GetString());
        Assert.Equal(error != SegmentationError.ModelFailed, problem.GetProperty("detail").GetString() == Secret);
    }

    [Fact]
    public async Task Write_ClientGone_IsNoFailure()
    {
        var context = new DefaultHttpContext { RequestAborted = new CancellationToken(canceled: true) };
        context.Response.Body = new MemoryStream();

        await new ProblemWriter().WriteAsync(new ProblemDetailsContext { HttpContext = context, ProblemDetails = { Status = 503 } });

        Assert.Equal(503, context.Response.StatusCode);
    }

    [Fact]
    public async Task BadBudget_NamesFieldAndWhatIsAllowed()
    {
        var (_, problem) = await GetAsync("/fail/BadBudget");

        Assert.Equal("depth", problem.GetProperty("field").GetString());
        Assert.Contains("exits", problem.GetProperty("allowed").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Overloaded_SaysWhenToComeBack()
    {
        var (response, _) = await GetAsync("/fail/Overloaded");

        Assert.Equal(TimeSpan.FromSeconds(3), response.Headers.RetryAfter?.Delta);
    }

    [Fact]
    public async Task Crash_LeaksNothing()
    {
        var (response, problem) = await GetAsync("/crash");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.DoesNotContain(Secret, problem.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/big", 413, "/problems/too-large")]
    [InlineData("GET", "/nowhere", 404, "/problems/not-found")]
    [InlineData("POST", "/crash", 405, "/problems/method-not-allowed")]
    [InlineData("GET", "/fail/nonsense", 400, "/problems/bad-request")]
    public async Task Status_OfTheFramework_BecomesAProblem(string method, string path, int status, string type)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await _client.SendAsync(request, TestContext.Current.CancellationToken);
        var problem = await ReadAsync(response);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(type, problem.GetProperty("type").GetString());
    }

    [Fact]
    public void Kinds_AreAllExplained()
    {
        var text = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "problems.md"));

        Assert.All(ProblemKind.All, kind => Assert.Contains($"`{kind.Type}`", text, StringComparison.Ordinal));
    }

    private async Task<(HttpResponseMessage Response, JsonElement Problem)> GetAsync(string path)
    {
        var response = await _client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        return (response, await ReadAsync(response));
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.True(response.Headers.CacheControl?.NoStore);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement;
    }
}
