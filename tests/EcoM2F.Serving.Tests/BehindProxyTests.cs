using System.Net;
using System.Text.Json;
using EcoM2F.Serving.Hosting;
using EcoM2F.TestSupport;

namespace EcoM2F.Serving.Tests;

/// <summary>A service under a path and with HTTP/2, as proxies reach it.</summary>
public sealed class BehindProxyTests(ProxiedService service) : IClassFixture<ProxiedService>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Service_UnderAPath_WorksAndLinksBack()
    {
        var description = await JsonAsync("/seg/swagger/v1/swagger.json");
        var server = description.GetProperty("servers")[0].GetProperty("url").GetString();
        using var content = new ByteArrayContent(TestPng.Photo());
        using var tried = await service.Client.PostAsync(new Uri(server + "/v1/segment", UriKind.Relative), content, Token);
        var problem = await JsonAsync("/seg/v1/models/nonsense");

        Assert.Equal("/seg", server);
        Assert.Equal(HttpStatusCode.OK, tried.StatusCode);
        Assert.Equal("/seg/problems/unknown-model", problem.GetProperty("type").GetString());
    }

    /// <summary>The page's links are relative: without the slash they would leave the path.</summary>
    [Theory]
    [InlineData("/seg", null, "/seg/")]
    [InlineData("/seg?x=1", null, "/seg/?x=1")]
    [InlineData("/seg", "/outer/seg", "/outer/seg/")]
    public async Task Page_UnderAPathWithoutItsSlash_IsRedirectedToIt(string path, string? prefix, string expected)
    {
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(service.Client.BaseAddress!, path));
        if (prefix is not null)
        {
            request.Headers.Add(PublicPath.Header, prefix);
        }

        using var redirected = await client.SendAsync(request, Token);
        using var page = await service.Client.GetAsync(new Uri("/seg/", UriKind.Relative), Token);

        Assert.Equal((HttpStatusCode.Redirect, expected), (redirected.StatusCode, redirected.Headers.Location!.OriginalString));
        Assert.Equal("text/html", page.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Service_WithAnHttp2Port_SpeaksBoth()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{service.Http2Port}/seg/v1/segment")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(TestPng.Photo()),
        };
        using var http2 = await service.Client.SendAsync(request, Token);
        using var http1 = await service.Client.GetAsync(new Uri("/livez", UriKind.Relative), Token);

        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (http2.StatusCode, http2.Version));
        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version11), (http1.StatusCode, http1.Version));
    }

    [Fact]
    public async Task HealthProbe_OnAnHttp2Port_SpeaksIt()
    {
        await using var error = new StringWriter();

        Assert.Equal(ExitCodes.Done, await HealthProbe.RunAsync(["--urls", $"http://*:{service.Http2Port}", "--Http:Http2Ports:0", $"{service.Http2Port}"], error));
        Assert.Equal("", error.ToString());
    }

    /// <summary>Watchers hold them; a user has 128 by default, and a service without any can start where all are taken.</summary>
    [Fact]
    public void Service_Running_HoldsNoInotifyInstance()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "inotify is Linux's.");
        var open = new DirectoryInfo($"/proc/{service.ProcessId}/fd").EnumerateFileSystemInfos().Select(static file => file.LinkTarget ?? "").ToList();

        Assert.Contains(open, static target => target.StartsWith("socket:", StringComparison.Ordinal));
        Assert.DoesNotContain(open, static target => target.Contains("inotify", StringComparison.Ordinal));
    }

    private async Task<JsonElement> JsonAsync(string path)
    {
        using var response = await service.Client.GetAsync(new Uri(path, UriKind.Relative), Token);
        return await Service.JsonAsync(response);
    }
}
