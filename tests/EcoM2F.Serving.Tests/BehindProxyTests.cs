using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using EcoM2F.Serving.Hosting;
using EcoM2F.TestSupport;

namespace EcoM2F.Serving.Tests;

/// <summary>A service of its own that lies under /seg and has a second port for HTTP/2 without TLS.</summary>
public sealed class BehindProxyTests : IAsyncLifetime
{
    private readonly string _models = Directory.CreateTempSubdirectory("ecom2f-proxied-").FullName;
    private readonly int _http2Port = FreePort();
    private ServiceProcess _process = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        TinyModel.CompileTo(Path.Combine(_models, Service.ModelName));
        string[] settings =
        [
            "--urls", $"http://127.0.0.1:0;http://127.0.0.1:{_http2Port}", "--Http:PathBase", "/seg", "--Http:Http2Ports:0", $"{_http2Port}",
            "--Engine:ModelsFolder", _models,
        ];
        _process = await ServiceProcess.StartAsync(settings, Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Directory.Delete(_models, recursive: true);
    }

    [Fact]
    public async Task Service_UnderAPath_WorksAndLinksBack()
    {
        var description = await JsonAsync("/seg/swagger/v1/swagger.json");
        var server = description.GetProperty("servers")[0].GetProperty("url").GetString();
        using var content = new ByteArrayContent(TestPng.Photo());
        using var tried = await _process.Client.PostAsync(new Uri(server + "/v1/segment", UriKind.Relative), content, Token);
        var problem = await JsonAsync("/seg/v1/models/nonsense");

        Assert.Equal("/seg", server);
        Assert.Equal(HttpStatusCode.OK, tried.StatusCode);
        Assert.Equal("/seg/problems/unknown-model", problem.GetProperty("type").GetString());
    }

    [Fact]
    public async Task Service_WithAnHttp2Port_SpeaksBoth()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{_http2Port}/seg/v1/segment")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(TestPng.Photo()),
        };
        using var http2 = await _process.Client.SendAsync(request, Token);
        using var http1 = await _process.Client.GetAsync(new Uri("/livez", UriKind.Relative), Token);

        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (http2.StatusCode, http2.Version));
        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version11), (http1.StatusCode, http1.Version));
    }

    [Fact]
    public async Task HealthProbe_OnAnHttp2Port_SpeaksIt()
    {
        await using var error = new StringWriter();

        Assert.Equal(ExitCodes.Done, await HealthProbe.RunAsync(["--urls", $"http://*:{_http2Port}", "--Http:Http2Ports:0", $"{_http2Port}"], error));
        Assert.Equal("", error.ToString());
    }

    /// <summary>Watchers hold them; a user has 128 by default, and a service without any can start where all are taken.</summary>
    [Fact]
    public void Service_Running_HoldsNoInotifyInstance()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "inotify is Linux's.");
        var open = new DirectoryInfo($"/proc/{_process.Id}/fd").EnumerateFileSystemInfos().Select(static file => file.LinkTarget ?? "").ToList();

        Assert.Contains(open, static target => target.StartsWith("socket:", StringComparison.Ordinal));
        Assert.DoesNotContain(open, static target => target.Contains("inotify", StringComparison.Ordinal));
    }

    private async Task<JsonElement> JsonAsync(string path)
    {
        using var response = await _process.Client.GetAsync(new Uri(path, UriKind.Relative), Token);
        return await Service.JsonAsync(response);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
