using System.Net;
using System.Text;
using System.Text.Json;
using EcoM2F.Inference.Compute.StructuredFields;
using EcoM2F.TestSupport;
using Microsoft.AspNetCore.WebUtilities;

namespace EcoM2F.Serving.Tests;

/// <summary>POST /v1/segment, when all goes well.</summary>
public sealed class SegmentTests(Service service)
{
    private static readonly byte[] Photo = TestPng.Photo();

    [Fact]
    public async Task Post_Body_AnswersWithJsonAndHeaders()
    {
        using var response = await service.PostAsync(Photo, "?task=panoptic,instance,semantic&score-threshold=0");
        var json = await Service.JsonAsync(response);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.True(response.Headers.CacheControl?.NoStore);
        Assert.Equal(["Accept", "Compute-Budget"], response.Headers.Vary.Where(static vary => vary != "Origin"));
        Assert.Equal(Service.ModelName, json.GetProperty("model").GetString());
        Assert.Equal("""{"width":96,"height":64}""", json.GetProperty("image").GetRawText());
        Assert.Equal("balanced", json.GetProperty("compute").GetProperty("profile").GetString());
        Assert.Equal(JsonValueKind.Array, json.GetProperty("instance").ValueKind);
        Assert.NotEqual(0, json.GetProperty("semantic").GetProperty("segments_info").GetArrayLength());
        Assert.True(json.TryGetProperty("panoptic", out _));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Post_ForcedDepth_IsUsedAndSaid(int depth)
    {
        using var response = await service.PostAsync(Photo, budget: $"depth={depth}, deadline-ms=60000");
        var compute = (await Service.JsonAsync(response)).GetProperty("compute");

        Assert.Equal(depth, compute.GetProperty("depth").GetInt32());
        Assert.Equal("forced", compute.GetProperty("reason").GetString());
        var used = DictionaryParser.Parse(Header(response, "Compute-Used"));
        Assert.Equal(["depth", "max-depth", "reason", "gmacs", "saved"], used.Select(static member => member.Key));
        Assert.Equal(depth, used[0].Value?.Number);
        Assert.Contains($"encoder;dur=", Header(response, "Server-Timing"), StringComparison.Ordinal);
        Assert.Contains($";desc=\"{depth}/3\"", Header(response, "Server-Timing"), StringComparison.Ordinal);
        Assert.DoesNotContain("gate", Header(response, "Server-Timing"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_TimeoutOfAProxyThatIsNotTrusted_IsIgnored()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/segment") { Content = new ByteArrayContent(Photo) };
        request.Headers.Add("X-Envoy-Expected-Rq-Timeout-Ms", "1");
        using var response = await service.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Post_Form_AnswersAsTheBodyDoes()
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(Photo), "image", "photo.png" } };

        using var fromForm = await service.PostAsync(form, budget: "depth=2");
        using var fromBody = await service.PostAsync(Photo, budget: "depth=2", type: "application/octet-stream");

        Assert.Equal(HttpStatusCode.OK, fromForm.StatusCode);
        Assert.Equal(
            (await Service.JsonAsync(fromBody)).GetProperty("panoptic").GetRawText(),
            (await Service.JsonAsync(fromForm)).GetProperty("panoptic").GetRawText());
    }

    [Theory]
    [InlineData("image/png", "89504E47")]
    [InlineData("image/webp", "52494646")]
    [InlineData("image/jpeg", "FFD8FF")]
    public async Task Post_AcceptImage_AnswersWithThatImage(string accept, string magic)
    {
        using var response = await service.PostAsync(Photo, accept: accept);
        var body = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);

        Assert.Equal(accept, response.Content.Headers.ContentType?.MediaType);
        Assert.StartsWith(magic, Convert.ToHexString(body), StringComparison.Ordinal);
        Assert.NotEmpty(Header(response, "Compute-Used"));
    }

    [Fact]
    public async Task Post_AcceptMultipart_HasJsonThenPng()
    {
        using var response = await service.PostAsync(Photo, "?task=semantic", accept: "multipart/mixed");
        var boundary = response.Content.Headers.ContentType!.Parameters.Single(static parameter => parameter.Name == "boundary").Value!;
        var reader = new MultipartReader(boundary, await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));

        var json = await ReadAsync(reader, "application/json");
        var png = await ReadAsync(reader, "image/png");

        Assert.True(JsonDocument.Parse(json).RootElement.TryGetProperty("semantic", out _));
        Assert.Equal("PNG", Encoding.ASCII.GetString(png, 1, 3));
        Assert.Null(await reader.ReadNextSectionAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Post_ClassesFilter_KeepsOnlyThose()
    {
        using var response = await service.PostAsync(Photo, "?task=semantic&classes=sky,ground");
        var segments = (await Service.JsonAsync(response)).GetProperty("semantic").GetProperty("segments_info");

        Assert.All(segments.EnumerateArray(), static segment => Assert.Contains(segment.GetProperty("category").GetString(), (string[])["sky", "ground"]));
    }

    [Fact]
    public async Task Post_Polygons_ReplaceRunLengthsAndKeepTheArea()
    {
        using var response = await service.PostAsync(Photo, "?task=semantic&segmentation=polygon&tolerance=0");
        var segments = (await Service.JsonAsync(response)).GetProperty("semantic").GetProperty("segments_info");

        Assert.NotEqual(0, segments.GetArrayLength());
        Assert.All(segments.EnumerateArray(), static segment =>
        {
            Assert.False(segment.TryGetProperty("segmentation", out _));
            Assert.Equal("MultiPolygon", segment.GetProperty("polygon").GetProperty("type").GetString());
            Assert.Equal(segment.GetProperty("area").GetInt32(), PartAreas(segment).Sum());
        });
    }

    [Fact]
    public async Task Post_MinArea_LeavesSmallerPartsOut()
    {
        using var all = await service.PostAsync(Photo, "?task=semantic&segmentation=polygon&tolerance=0");
        var areas = (await Service.JsonAsync(all)).GetProperty("semantic").GetProperty("segments_info").EnumerateArray().SelectMany(PartAreas).ToList();
        foreach (var least in (int[])[areas.Max(), areas.Max() + 1])
        {
            using var large = await service.PostAsync(Photo, $"?task=semantic&segmentation=polygon&tolerance=0&min-area={least}");
            var left = (await Service.JsonAsync(large)).GetProperty("semantic").GetProperty("segments_info").EnumerateArray().SelectMany(PartAreas);
            Assert.Equal(areas.Where(area => area >= least), left);
        }
    }

    /// <summary>By part, its holes taken off.</summary>
    private static IEnumerable<int> PartAreas(JsonElement segment)
    {
        return segment.GetProperty("polygon").GetProperty("coordinates").EnumerateArray().Select(static part => part.EnumerateArray().Sum(TwiceArea) / 2);

        static int TwiceArea(JsonElement ring)
        {
            var points = ring.EnumerateArray().Select(static point => (X: point[0].GetInt32(), Y: point[1].GetInt32())).ToList();
            Assert.Equal(points[0], points[^1]);
            return points.Zip(points.Skip(1), static (a, b) => (a.X * b.Y) - (b.X * a.Y)).Sum();
        }
    }

    [Fact]
    public async Task Post_PolygonsInAPicture_AreRefused()
    {
        using var response = await service.PostAsync(Photo, "?segmentation=polygon", accept: "image/png");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("segmentation", (await Service.JsonAsync(response)).GetProperty("field").GetString());
    }

    [Theory]
    [InlineData("48", 32, 48)]
    [InlineData("model", 16, 24)] // a quarter of the model's input of 64 x 96
    public async Task Post_MaskSize_IsTheSizeOfEveryMask(string size, int height, int width)
    {
        using var response = await service.PostAsync(Photo, $"?task=semantic&mask-size={size}");
        var json = await Service.JsonAsync(response);

        Assert.Equal("""{"width":96,"height":64}""", json.GetProperty("image").GetRawText());
        Assert.Equal($"[{height},{width}]", json.GetProperty("mask_size").GetRawText());
        var segments = json.GetProperty("semantic").GetProperty("segments_info").EnumerateArray().ToList();
        Assert.All(segments, segment => Assert.Equal($"[{height},{width}]", segment.GetProperty("segmentation").GetProperty("size").GetRawText()));
        Assert.Equal(height * width, segments.Sum(static segment => segment.GetProperty("area").GetInt32()));
        using var picture = await service.PostAsync(Photo, $"?task=semantic&mask-size={size}", accept: "image/png");
        using var png = NetVips.Image.NewFromBuffer(await picture.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal((height, width), (png.Height, png.Width));
    }

    [Theory]
    [InlineData("original")]
    [InlineData("96")]
    [InlineData("5000")]
    public async Task Post_MaskSizeThatIsThePhotos_ChangesNothing(string size)
    {
        const string Tasks = "?task=panoptic,instance,semantic&score-threshold=0";
        using var plain = await service.PostAsync(Photo, Tasks, budget: "depth=2");
        using var sized = await service.PostAsync(Photo, $"{Tasks}&mask-size={size}", budget: "depth=2");
        var (expected, actual) = (await Service.JsonAsync(plain), await Service.JsonAsync(sized));

        Assert.Equal(expected.EnumerateObject().Select(static member => member.Name), actual.EnumerateObject().Select(static member => member.Name));
        Assert.All((string[])["panoptic", "instance", "semantic"], task => Assert.Equal(expected.GetProperty(task).GetRawText(), actual.GetProperty(task).GetRawText()));
    }

    [Fact]
    public async Task Post_MaskSizeOfPolygons_IsInPixelsOfTheMask()
    {
        using var response = await service.PostAsync(Photo, "?task=semantic&mask-size=48&segmentation=polygon&tolerance=0");
        var segments = (await Service.JsonAsync(response)).GetProperty("semantic").GetProperty("segments_info").EnumerateArray().ToList();

        Assert.Equal(48 * 32, segments.Sum(static segment => PartAreas(segment).Sum()));
    }

    [Theory]
    [InlineData("image/webp", 400)]
    [InlineData("image/jpeg", 400)]
    [InlineData("multipart/mixed", 200)]
    public async Task Post_MaskSizeInAPictureOfThePhoto_IsRefused(string accept, int status)
    {
        using var response = await service.PostAsync(Photo, "?mask-size=48", accept: accept);

        Assert.Equal(status, (int)response.StatusCode);
        if (status == 400)
        {
            var problem = await Service.JsonAsync(response);
            Assert.Equal("mask-size", problem.GetProperty("field").GetString());
            Assert.Contains("application/json and image/png and multipart/mixed", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("image/webp")]
    [InlineData("image/jpeg")]
    public async Task Post_MaskSizeOriginalInAPictureOfThePhoto_IsAnswered(string accept)
    {
        using var response = await service.PostAsync(Photo, "?mask-size=original", accept: accept);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("panoptic")]
    [InlineData("semantic")]
    public async Task Post_Confidence_IsAThirdPartOfTheMasksSize(string task)
    {
        using var response = await service.PostAsync(Photo, $"?task={task}&confidence=true&mask-size=48", accept: "multipart/mixed");
        var boundary = response.Content.Headers.ContentType!.Parameters.Single(static parameter => parameter.Name == "boundary").Value!;
        var reader = new MultipartReader(boundary, await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        await ReadAsync(reader, "application/json");
        await ReadAsync(reader, "image/png");
        var section = (await reader.ReadNextSectionAsync(TestContext.Current.CancellationToken))!;
        using var body = new MemoryStream();
        await section.Body.CopyToAsync(body, TestContext.Current.CancellationToken);
        using var picture = NetVips.Image.NewFromBuffer(body.ToArray());

        Assert.Equal("image/png", section.ContentType);
        Assert.Equal("confidence", section.GetContentDispositionHeader()?.Name.Value);
        Assert.Equal((32, 48, 1), (picture.Height, picture.Width, picture.Bands));
        Assert.Null(await reader.ReadNextSectionAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("image/png")]
    [InlineData("image/webp")]
    [InlineData("application/json")]
    public async Task Post_ConfidenceWithoutAPlaceForIt_SaysWhichAcceptHasOne(string? accept)
    {
        using var response = await service.PostAsync(Photo, "?confidence=true", accept: accept);
        var problem = await Service.JsonAsync(response);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("confidence", problem.GetProperty("field").GetString());
        Assert.Contains("Accept: multipart/mixed", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task PostBatch_Confidence_IsRefused()
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(Photo), "image", "photo.png" } };
        using var response = await service.Client.PostAsync(new Uri("/v1/segment/batch?confidence=true", UriKind.Relative), form, TestContext.Current.CancellationToken);
        var problem = await Service.JsonAsync(response);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("confidence", problem.GetProperty("field").GetString());
        Assert.Contains("Accept: multipart/mixed", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_FromAConfiguredOrigin_ExposesWhatItCost()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/segment") { Content = new ByteArrayContent(Photo) };
        request.Headers.Add("Origin", "https://example.org");
        using var response = await service.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal("https://example.org", Header(response, "Access-Control-Allow-Origin"));
        Assert.Equal("https://example.org", Header(response, "Timing-Allow-Origin"));
        Assert.Contains("Compute-Used", Header(response, "Access-Control-Expose-Headers"), StringComparison.Ordinal);
        Assert.Contains("Server-Timing", Header(response, "Access-Control-Expose-Headers"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_FromAnotherOrigin_ExposesNothing()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/segment") { Content = new ByteArrayContent(Photo) };
        request.Headers.Add("Origin", "https://example.com");
        using var response = await service.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
        Assert.False(response.Headers.Contains("Timing-Allow-Origin"));
    }

    private static string Header(HttpResponseMessage response, string name) => string.Join(", ", response.Headers.GetValues(name));

    private static async Task<byte[]> ReadAsync(MultipartReader reader, string type)
    {
        var section = await reader.ReadNextSectionAsync(TestContext.Current.CancellationToken);
        Assert.Equal(type, section?.ContentType);
        using var body = new MemoryStream();
        await section!.Body.CopyToAsync(body, TestContext.Current.CancellationToken);
        return body.ToArray();
    }
}
