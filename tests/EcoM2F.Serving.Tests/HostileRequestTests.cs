using System.Net;
using System.Text;
using EcoM2F.TestSupport;

namespace EcoM2F.Serving.Tests;

/// <summary>POST /v1/segment, when it must not go well: the right refusal, and the service stays as it was.</summary>
public sealed class HostileRequestTests(Service service)
{
    private static readonly byte[] Photo = TestPng.Photo();

    [Theory]
    [InlineData("depth=9", "depth")]
    [InlineData("beta=-1", "beta")]
    [InlineData("deadline-ms=0", "deadline-ms")]
    [InlineData("depth=1, beta=0.5", "depth")]
    [InlineData("colour=red", "colour")]
    [InlineData("depth=1, depth=1", "depth")]
    [InlineData("profile=utility", "profile")]
    [InlineData("profile=nonsense", "profile")]
    [InlineData("max-gmacs=0.001", "max-gmacs")]
    [InlineData("min-depth=3, max-depth=2", "min-depth")]
    [InlineData("{\"depth\": 1}", "Compute-Budget")]
    public async Task Post_WrongBudget_NamesTheKey(string budget, string field)
    {
        using var response = await service.PostAsync(Photo, budget: budget, accept: "image/png");

        await AssertProblemAsync(response, 400, "/problems/bad-budget", field);
    }

    [Theory]
    [InlineData("?colour=red", 400, "/problems/bad-request", "colour")]
    [InlineData("?task=panoptic&task=panoptic", 400, "/problems/bad-request", "task")]
    [InlineData("?task=detection", 400, "/problems/bad-request", "task")]
    [InlineData("?score-threshold=2", 400, "/problems/bad-request", "score-threshold")]
    [InlineData("?classes=unicorn", 400, "/problems/bad-request", "classes")]
    [InlineData("?procedure=x", 400, "/problems/bad-request", "procedure")]
    [InlineData("?model=nonsense", 404, "/problems/unknown-model", "model")]
    [InlineData("?model=tiny&model=tiny", 400, "/problems/bad-request", "model")]
    public async Task Post_WrongQuery_NamesTheField(string query, int status, string type, string field)
    {
        using var response = await service.PostAsync(Photo, query);

        await AssertProblemAsync(response, status, type, field);
    }

    [Theory]
    [InlineData("text/html", "")]
    [InlineData("image/png", "?task=instance")]
    [InlineData("multipart/mixed", "?task=panoptic,semantic")]
    public async Task Post_NothingAcceptable_Is406(string accept, string query)
    {
        using var response = await service.PostAsync(Photo, query, accept: accept);

        await AssertProblemAsync(response, 406, "/problems/not-acceptable", "Accept");
    }

    [Fact]
    public async Task Post_HugeHeader_IsRefusedFromTheHeader()
    {
        using var response = await service.PostAsync(TestPng.Promising(30_000, 30_000));

        await AssertProblemAsync(response, 413, "/problems/too-large");
    }

    [Fact]
    public async Task Post_ZipNamedJpeg_IsUnsupported()
    {
        using var response = await service.PostAsync([(byte)'P', (byte)'K', 3, 4, .. new byte[200]], type: "image/jpeg");

        var problem = await AssertProblemAsync(response, 415, "/problems/unsupported-format");
        Assert.Contains("\"allowed\":\"JPEG,", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_EmptyBody_IsABadImage()
    {
        using var response = await service.PostAsync([]);

        await AssertProblemAsync(response, 400, "/problems/bad-image", "body");
    }

    [Fact]
    public async Task Post_TruncatedImage_IsABadImage()
    {
        using var response = await service.PostAsync(Photo[..(Photo.Length / 2)]);

        await AssertProblemAsync(response, 400, "/problems/bad-image");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Post_OverTheLimit_IsTooLarge(bool chunked)
    {
        using var response = await service.PostAsync(new ByteArrayContent(new byte[Service.MaxBytes + 1]) { Headers = { ContentLength = chunked ? null : Service.MaxBytes + 1 } });

        var problem = await AssertProblemAsync(response, 413, "/problems/too-large", "body");
        Assert.Contains("300000", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_EndlessForm_IsTooLarge()
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(new byte[Service.MaxBytes + 100]), "image", "a.png" } };
        using var response = await service.PostAsync(form);

        await AssertProblemAsync(response, 413, "/problems/too-large", "image");
    }

    [Theory]
    [InlineData("other")]
    [InlineData("image", "image")]
    [InlineData("image", "task")]
    public async Task Post_WrongForm_IsABadRequest(params string[] parts)
    {
        using var form = new MultipartFormDataContent();
        foreach (var part in parts)
        {
            form.Add(new ByteArrayContent(Photo), part, "a.png");
        }

        using var response = await service.PostAsync(form);

        await AssertProblemAsync(response, 400, "/problems/bad-request", "image");
    }

    [Fact]
    public async Task Post_BrokenForm_IsABadRequest()
    {
        using var content = new ByteArrayContent(Encoding.ASCII.GetBytes("--b\r\nContent-Disposition: form-data; name=\"image\"\r\n\r\nhalf"));
        content.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=b");
        using var response = await service.PostAsync(content);

        await AssertProblemAsync(response, 400, "/problems/bad-request", "body");
    }

    [Fact]
    public async Task Post_DeadlineThatCannotBeMet_Is504()
    {
        using var response = await service.PostAsync(Photo, budget: "deadline-ms=1");

        await AssertProblemAsync(response, 504, "/problems/deadline-exceeded", "deadline-ms");
        Assert.DoesNotContain("ecom2f_requests_rejected_total{reason=\"deadline\"} 0", await service.GetAsync("/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_Segment_Is405()
    {
        using var response = await service.Client.GetAsync(new Uri("/v1/segment", UriKind.Relative), TestContext.Current.CancellationToken);

        await AssertProblemAsync(response, 405, "/problems/method-not-allowed");
        Assert.Equal(["POST"], response.Content.Headers.Allow);
    }

    [Theory]
    [InlineData("/v1/segment/")]
    [InlineData("/V1/Segment")]
    public async Task Post_OtherSpellingOfThePath_IsTheSame(string path)
    {
        using var content = new ByteArrayContent([]);
        using var response = await service.Client.PostAsync(new Uri(path, UriKind.Relative), content, TestContext.Current.CancellationToken);

        await AssertProblemAsync(response, 400, "/problems/bad-image", "body");
    }

    [Fact]
    public async Task Post_LongProfile_DoesNotComeBack()
    {
        using var response = await service.PostAsync(Photo, budget: "profile=" + new string('a', 8000));

        var problem = await AssertProblemAsync(response, 400, "/problems/bad-budget", "profile");
        Assert.InRange(problem.Length, 1, 1000);
    }

    [Theory]
    [InlineData("?colour=red", null, "score-threshold")]
    [InlineData("", "colour=red", "deadline-ms")]
    [InlineData("", "depth=1,", "deadline-ms")]
    public async Task Post_UnknownKey_SaysWhichThereAre(string query, string? budget, string known)
    {
        using var response = await service.PostAsync(Photo, query, budget);

        var problem = await Service.JsonAsync(response);
        Assert.Contains(known, problem.GetProperty("allowed").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/livez")]
    [InlineData("/readyz")]
    public async Task Post_Health_Is405(string path)
    {
        using var response = await service.Client.PostAsync(new Uri(path, UriKind.Relative), null, TestContext.Current.CancellationToken);

        await AssertProblemAsync(response, 405, "/problems/method-not-allowed");
    }

    private static async Task<string> AssertProblemAsync(HttpResponseMessage response, int status, string type, string? field = null)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var problem = await Service.JsonAsync(response);
        Assert.Equal((HttpStatusCode)status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(type, problem.GetProperty("type").GetString());
        Assert.Equal(field, problem.TryGetProperty("field", out var named) ? named.GetString() : null);
        return text;
    }
}
