using System.Net;
using System.Text;
using System.Text.Json;
using EcoM2F.TestSupport;

namespace EcoM2F.Serving.Tests;

/// <summary>POST /v1/segment, when the body is not what its headers say: the refusal names the cause and quotes it.</summary>
public sealed class MisdescribedBodyTests(Service service)
{
    private const string UrlEncoded = "application/x-www-form-urlencoded";
    private const string BadImage = "/problems/bad-image";
    private const string BadRequest = "/problems/bad-request";
    private const string Unsupported = "/problems/unsupported-format";

    private static readonly byte[] Jpeg = Fixture("plain.jpg");
    private static readonly string Base64 = Convert.ToBase64String(Jpeg);

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    [InlineData("identity, GZIP")]
    public async Task Post_ContentEncoding_IsRefusedWithWhatIsAccepted(string coding)
    {
        using var content = Content(Fixture("plain.jpg.gz"), "image/jpeg", ("Content-Encoding", coding));
        using var response = await service.PostAsync(content);

        await AssertRefusedAsync(response, 415, Unsupported, "Content-Encoding", coding.Split(' ')[^1]);
        Assert.Equal("identity", Assert.Single(response.Headers.GetValues("Accept-Encoding")));
    }

    [Fact]
    public async Task Post_ContentEncodingIdentity_IsServed()
    {
        using var content = Content(Jpeg, "image/jpeg", ("Content-Encoding", "identity"));
        using var response = await service.PostAsync(content);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Post_PartWithContentEncoding_IsRefused()
    {
        using var form = Form(Fixture("plain.jpg.gz"), ("Content-Encoding", "gzip"));
        using var response = await service.PostAsync(form);

        await AssertRefusedAsync(response, 415, Unsupported, "Content-Encoding", "gzip");
    }

    [Theory]
    [InlineData("base64")]
    [InlineData("quoted-printable")]
    public async Task Post_ContentTransferEncoding_IsNamed(string coding)
    {
        using var content = Content(Encoding.ASCII.GetBytes(Base64), "image/jpeg", ("Content-Transfer-Encoding", coding));
        using var form = Form(Encoding.ASCII.GetBytes(Base64), ("Content-Transfer-Encoding", coding));
        using var fromBody = await service.PostAsync(content);
        using var fromForm = await service.PostAsync(form);

        await AssertRefusedAsync(fromBody, 415, Unsupported, "Content-Transfer-Encoding", coding);
        await AssertRefusedAsync(fromForm, 415, Unsupported, "Content-Transfer-Encoding", coding);
    }

    /// <summary>The bytes decide, never a header.</summary>
    [Theory]
    [InlineData("image/jpeg", "binary")]
    [InlineData("image/jpeg", "base64")]
    [InlineData("application/json", null)]
    [InlineData("text/html", null)]
    [InlineData("nonsense", null)]
    [InlineData(UrlEncoded, null)] // what curl --data-binary says of itself
    public async Task Post_ImageUnderAnotherName_IsServed(string type, string? transferEncoding)
    {
        using var content = Content(Jpeg, type, ("Content-Transfer-Encoding", transferEncoding));
        using var response = await service.PostAsync(content);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("multipart/form-data; boundary=--===1===", "--===1===")]
    [InlineData("Multipart/Form-Data; boundary=--===1===; charset=utf-8", "--===1===")]
    [InlineData("multipart/form-data; boundary=a:b", "a:b")]
    [InlineData("multipart/form-data", "boundary")]
    [InlineData("multipart/form-data; boundary=\"\"", "boundary")]
    public async Task Post_BoundaryThatCannotBeRead_IsNamed(string type, string quoted)
    {
        using var content = Content(Fixture("form_equals.bin"), type);
        using var response = await service.PostAsync(content);

        await AssertRefusedAsync(response, 400, BadRequest, "Content-Type", "boundary", quoted);
    }

    [Fact]
    public async Task Post_BoundaryInQuotes_IsServed()
    {
        using var content = Content(Fixture("form_equals.bin"), "multipart/form-data; boundary=\"--===1===\"");
        using var response = await service.PostAsync(content);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Post_AnotherBoundary_IsNamed()
    {
        using var content = Content(Fixture("form_equals.bin"), "multipart/form-data; boundary=another");
        using var response = await service.PostAsync(content);

        await AssertRefusedAsync(response, 400, BadRequest, "body", "boundary");
    }

    /// <summary>curl -d removes line breaks and zero bytes: a JPEG is still told by its signature, a PNG is not.</summary>
    [Fact]
    public async Task Post_CurlData_NamesTheType()
    {
        using var jpeg = Content(WithoutLineBreaks(Jpeg), UrlEncoded);
        using var png = Content(WithoutLineBreaks(TestPng.Photo()), UrlEncoded + "; charset=utf-8");
        using var fromJpeg = await service.PostAsync(jpeg);
        using var fromPng = await service.PostAsync(png);

        await AssertRefusedAsync(fromJpeg, 400, BadImage, "Content-Type", UrlEncoded, "--data-binary");
        await AssertRefusedAsync(fromPng, 415, Unsupported, "Content-Type", UrlEncoded, "multipart/form-data");
    }

    [Theory]
    [InlineData(UrlEncoded, "image=photo.jpg", "Content-Type", UrlEncoded)]
    [InlineData(UrlEncoded, "image=%2F9j%2F4AAQ", "Content-Type", UrlEncoded)]
    [InlineData("application/json", "{\"image\": \"@base64\"}", "body", "application/json")]
    [InlineData("application/json", "\"@base64\"", "body", "JSON")]
    [InlineData(null, " [\"@base64\"]", "body", "JSON")]
    [InlineData(UrlEncoded, "{\"image\": \"@base64\"}", "body", "JSON")]
    [InlineData("text/plain", "data:image/jpeg;base64,@base64", "body", "data:")]
    [InlineData(null, "DATA:image/jpeg;base64,@base64", "body", "data:")]
    [InlineData("image/jpeg", "@base64", "body", "base64")]
    [InlineData("text/html", "<!DOCTYPE html><form method=post><input type=file name=image></form>", "body", "HTML")]
    [InlineData(null, "\ufeff\r\n<html></html>", "body", "HTML")]
    [InlineData("text/plain", "https://example.org/photo.jpg", "body", "URL")]
    [InlineData("image/jpeg", "--b\r\nContent-Disposition: form-data; name=\"image\"\r\n\r\n@base64\r\n--b--\r\n", "body", "multipart/form-data")]
    public async Task Post_TextInPlaceOfAnImage_IsNamed(string? type, string body, string field, string quoted)
    {
        using var content = Content(Encoding.UTF8.GetBytes(body.Replace("@base64", Base64, StringComparison.Ordinal)), type);
        using var response = await service.PostAsync(content);

        await AssertRefusedAsync(response, 415, Unsupported, field, quoted);
    }

    [Fact]
    public async Task Post_DataUrlInAPart_NamesThePart()
    {
        using var form = Form(Encoding.ASCII.GetBytes("data:image/jpeg;base64," + Base64));
        using var response = await service.PostAsync(form);

        await AssertRefusedAsync(response, 415, Unsupported, "image", "data:");
    }

    [Fact]
    public async Task Post_GzipWithoutAHeader_IsNamed()
    {
        using var response = await service.PostAsync(Fixture("plain.jpg.gz"));

        await AssertRefusedAsync(response, 415, Unsupported, "body", "gzip");
    }

    [Theory]
    [InlineData("utf-8")] // bytes that are no UTF-8 become U+FFFD
    [InlineData("latin1")]
    public async Task Post_ImageReadAsText_IsNamed(string encoding)
    {
        using var response = await service.PostAsync(Encoding.UTF8.GetBytes(Encoding.GetEncoding(encoding).GetString(Jpeg)));

        await AssertRefusedAsync(response, 415, Unsupported, "body", "binary");
    }

    [Fact]
    public async Task Post_LongHeader_ComesBackShort()
    {
        using var content = Content(Jpeg, "image/jpeg", ("Content-Encoding", new string('x', 5000)));
        using var response = await service.PostAsync(content);

        Assert.InRange((await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).Length, 1, 1000);
    }

    private static async Task AssertRefusedAsync(HttpResponseMessage response, int status, string type, string field, params string[] quoted)
    {
        var problem = await Service.JsonAsync(response);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(type, problem.GetProperty("type").GetString());
        Assert.Equal(field, problem.GetProperty("field").GetString());
        Assert.NotEqual(JsonValueKind.Undefined, problem.GetProperty("allowed").ValueKind);
        Assert.All(quoted, text => Assert.Contains(text, problem.GetProperty("detail").GetString(), StringComparison.Ordinal));
    }

    private static ByteArrayContent Content(byte[] body, string? type, params (string Name, string? Value)[] headers)
    {
        var content = new ByteArrayContent(body);
        foreach (var (name, value) in headers.Append(("Content-Type", type)).Where(static header => header.Item2 is not null))
        {
            content.Headers.TryAddWithoutValidation(name, value);
        }

        return content;
    }

    private static MultipartFormDataContent Form(byte[] part, params (string Name, string? Value)[] headers) =>
        new() { { Content(part, "image/jpeg", headers), "image", "photo.jpg" } };

    private static byte[] WithoutLineBreaks(byte[] bytes) => [.. bytes.Where(static one => one is not (0 or (byte)'\r' or (byte)'\n'))];

    private static byte[] Fixture(string name) => File.ReadAllBytes(Path.Combine(RepositoryPaths.Fixtures, "requests", name));
}
