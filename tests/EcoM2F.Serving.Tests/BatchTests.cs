using System.Net;
using System.Text;
using System.Text.Json;
using EcoM2F.TestSupport;

namespace EcoM2F.Serving.Tests;

/// <summary>POST /v1/segment/batch.</summary>
public sealed class BatchTests(Service service)
{
    private const string Route = "/v1/segment/batch";
    private const string Boundary = "frontier";

    private static readonly byte[] Photo = TestPng.Photo();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Post_SeveralImages_EachLineIsWhatTheImageAloneGets()
    {
        using var form = Form((Photo, "a.png"), (Photo, "b.png"), (Photo, null));
        using var response = await PostAsync(form, "?task=semantic", "depth=2");
        var lines = await LinesAsync(response);

        using var alone = await service.PostAsync(Photo, "?task=semantic", "depth=2");
        var expected = (await Service.JsonAsync(alone)).GetProperty("semantic").GetRawText();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType?.MediaType);
        Assert.True(response.Headers.CacheControl?.NoStore);
        Assert.Equal([0, 1, 2], lines.Select(static line => line.GetProperty("index").GetInt32()).Order());
        Assert.Equal(["a.png", "b.png", null], lines.OrderBy(static line => line.GetProperty("index").GetInt32()).Select(static line => line.GetProperty("name").GetString()));
        Assert.All(lines, static line => Assert.Equal(200, line.GetProperty("status").GetInt32()));
        Assert.All(lines, line => Assert.Equal(expected, line.GetProperty("result").GetProperty("semantic").GetRawText()));
        Assert.All(lines, static line => Assert.Equal(2, line.GetProperty("result").GetProperty("compute").GetProperty("depth").GetInt32()));
    }

    [Fact]
    public async Task Post_ImagesThatFail_FailAlone()
    {
        using var form = Form((Photo, "good.png"), ("not an image"u8.ToArray(), "text.txt"), ([], "empty.png"), (new byte[Service.MaxBytes + 1], "large.png"), (Photo, "last.png"));
        using var response = await PostAsync(form);
        var lines = (await LinesAsync(response)).OrderBy(static line => line.GetProperty("index").GetInt32()).ToList();

        Assert.Equal([200, 415, 400, 413, 200], lines.Select(static line => line.GetProperty("status").GetInt32()));
        Assert.All(lines, static line => Assert.Equal(line.GetProperty("status").GetInt32() == 200, line.TryGetProperty("result", out _)));
        Assert.Equal(
            ["/problems/unsupported-format", "/problems/bad-image", "/problems/too-large"],
            lines[1..4].Select(static line => line.GetProperty("problem").GetProperty("type").GetString()));
    }

    [Theory]
    [InlineData("?task=nothing", "", "task")]
    [InlineData("", "depth=17", "depth")]
    public async Task Post_WrongParameters_RefusesTheWholeBatch(string query, string budget, string field)
    {
        using var form = Form((Photo, "a.png"));
        using var response = await PostAsync(form, query, budget);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(field, (await Service.JsonAsync(response)).GetProperty("field").GetString());
    }

    [Theory]
    [InlineData("image/png")]
    [InlineData("application/x-ndjson;q=0, */*")]
    public async Task Post_AcceptWithoutLines_Is406(string accept)
    {
        using var form = Form((Photo, "a.png"));
        using var response = await PostAsync(form, accept: accept);

        Assert.Equal(HttpStatusCode.NotAcceptable, response.StatusCode);
        Assert.Equal("application/x-ndjson", (await Service.JsonAsync(response)).GetProperty("allowed").GetString());
    }

    [Fact]
    public async Task Post_NoForm_SaysWhatItMustBe()
    {
        using var content = new ByteArrayContent(Photo) { Headers = { ContentType = new("image/png") } };
        using var response = await PostAsync(content);
        var problem = await Service.JsonAsync(response);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("form", problem.GetProperty("field").GetString());
        Assert.Contains("multipart/form-data", problem.GetProperty("allowed").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_PartOfAnotherName_EndsTheBatchAfterWhatCameBefore()
    {
        using var form = Form((Photo, "a.png"));
        form.Add(new StringContent("panoptic"), "task");
        using var response = await PostAsync(form);
        var lines = await LinesAsync(response);

        Assert.Equal([200, 400], lines.OrderBy(static line => line.GetProperty("index").GetInt32()).Select(static line => line.GetProperty("status").GetInt32()));
        Assert.Equal("form", lines.Single(static line => line.GetProperty("index").GetInt32() == 1).GetProperty("problem").GetProperty("field").GetString());
    }

    [Fact]
    public async Task Post_FormCutOff_AnswersTheImagesBeforeAndSaysSo()
    {
        var whole = new MemoryStream();
        Write(whole, $"--{Boundary}\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.png\"\r\n\r\n", Photo, $"\r\n--{Boundary}\r\nContent-Disposition: form-data; name=\"image\"\r\n\r\n", Photo[..20]);
        using var content = new ByteArrayContent(whole.ToArray()) { Headers = { ContentType = new("multipart/form-data") { Parameters = { new("boundary", Boundary) } } } };
        using var response = await PostAsync(content);
        var lines = await LinesAsync(response);

        Assert.Equal([200, 400], lines.OrderBy(static line => line.GetProperty("index").GetInt32()).Select(static line => line.GetProperty("status").GetInt32()));
    }

    [Fact]
    public async Task Post_ImageWhileOthersAreStillToCome_IsAnsweredAtOnce()
    {
        await using var batch = await OpenBatch.StartAsync(service.Client.BaseAddress!);
        for (var index = 0; index < 4; index++)
        {
            await batch.SendAsync(Photo);
            Assert.Equal(index, (await batch.ReadLineAsync()).GetProperty("index").GetInt32());
        }
    }

    [Fact]
    public async Task Post_ClientLeaves_NextBatchIsRight()
    {
        for (var round = 0; round < 5; round++)
        {
            await using var batch = await OpenBatch.StartAsync(service.Client.BaseAddress!);
            await batch.SendAsync(Photo);
            await batch.SendAsync(Photo);
        }

        using var form = Form((Photo, "a.png"));
        using var response = await PostAsync(form);
        Assert.Equal(200, Assert.Single(await LinesAsync(response)).GetProperty("status").GetInt32());
    }

    private static void Write(MemoryStream stream, params object[] parts)
    {
        foreach (var part in parts)
        {
            stream.Write(part as byte[] ?? Encoding.ASCII.GetBytes((string)part));
        }
    }

    private static MultipartFormDataContent Form(params (byte[] Bytes, string? Name)[] images)
    {
        var form = new MultipartFormDataContent();
        foreach (var (bytes, name) in images)
        {
            if (name is null)
            {
                form.Add(new ByteArrayContent(bytes), "image");
            }
            else
            {
                form.Add(new ByteArrayContent(bytes), "image", name);
            }
        }

        return form;
    }

    private async Task<HttpResponseMessage> PostAsync(HttpContent content, string query = "", string budget = "", string? accept = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Route + query) { Content = content };
        request.Headers.TryAddWithoutValidation("Compute-Budget", budget);
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        return await service.Client.SendAsync(request, Token);
    }

    private static async Task<List<JsonElement>> LinesAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonDocument.Parse(line).RootElement)];
    }
}
