using System.Net;
using System.Text.Json;
using EcoM2F.TestSupport;

namespace EcoM2F.Serving.Tests;

/// <summary>POST /v1/segment with images as people have them: what is decoded, and what is refused as which.</summary>
public sealed class ImageFormatTests(Service service)
{
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4737";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("photo.heic", "HEIC")]
    [InlineData("zstd.tif", "ZSTD")]
    public async Task Post_MissingCodec_IsUnsupportedAndNamesIt(string name, string codec)
    {
        using var response = await service.PostAsync(Fixture(name));

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        var problem = await Service.JsonAsync(response);
        Assert.Equal("/problems/unsupported-format", problem.GetProperty("type").GetString());
        Assert.Contains(codec, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.StartsWith("JPEG, PNG", problem.GetProperty("allowed").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_JpegWithoutEndMarker_IsSegmented()
    {
        var bytes = Fixture("no_eoi.jpg");
        using var response = await service.PostAsync(bytes);
        using var cut = await service.PostAsync(bytes[..^20]);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, cut.StatusCode);
    }

    [Fact]
    public async Task Post_NotDecoded_LogsTheDecodersReasonWithTheTrace()
    {
        using var models = new TemporaryFolder();
        TinyModel.CompileTo(models["tiny"]);
        await using var process = await ServiceProcess.StartAsync(
            ["--Engine:ModelsFolder", models.Path, "--Logs:Format", "json", "--Serilog:MinimumLevel:Override:EcoM2F.Inference", "Debug"],
            Token);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/segment") { Content = new ByteArrayContent(Fixture("zstd.tif")) };
        request.Headers.Add("traceparent", $"00-{TraceId}-00f067aa0ba902b7-01");
        using var response = await process.Client.SendAsync(request, Token);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        Assert.Equal(0, await process.TerminateAsync(Token)); // writes what is left

        using var line = JsonDocument.Parse(Assert.Single(process.Output.Split('\n'), static line => line.Contains("\"Reason\"", StringComparison.Ordinal) && line.Contains(TraceId, StringComparison.Ordinal)));
        Assert.Equal("Debug", line.RootElement.GetProperty("@l").GetString());
        Assert.Contains("ZSTD", line.RootElement.GetProperty("Reason").GetString(), StringComparison.Ordinal);
    }

    /// <summary>Native code says it on stderr, past the log; an AVIF that declares a width of 2^30 + 96 is one such.</summary>
    [Fact]
    public async Task Post_SizeThatTheLibraryCannotHold_IsRefusedAndNothingIsPrinted()
    {
        using var models = new TemporaryFolder();
        TinyModel.CompileTo(models["tiny"]);
        await using var process = await ServiceProcess.StartAsync(["--Engine:ModelsFolder", models.Path], Token);
        using var body = new ByteArrayContent(Fixture("wide.avif"));
        using var response = await process.Client.PostAsync(new Uri("/v1/segment", UriKind.Relative), body, Token);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(0, await process.TerminateAsync(Token)); // writes what is left

        Assert.DoesNotContain("GLib", process.Output, StringComparison.Ordinal);
    }

    private static byte[] Fixture(string name) => File.ReadAllBytes(Path.Combine(RepositoryPaths.Fixtures, "imaging", name));
}
