using System.Net;
using System.Net.Sockets;
using EcoM2F.TestSupport;

namespace EcoM2F.Serving.Tests;

/// <summary>A service in a process of its own that lies under /seg and has a second port for HTTP/2 without TLS.</summary>
public sealed class ProxiedService : IAsyncLifetime
{
    private readonly string _models = Directory.CreateTempSubdirectory("ecom2f-proxied-").FullName;
    private ServiceProcess _process = null!;

    public HttpClient Client => _process.Client;

    public int ProcessId => _process.Id;

    public int Http2Port { get; } = FreePort();

    public async ValueTask InitializeAsync()
    {
        TinyModel.CompileTo(Path.Combine(_models, Service.ModelName));
        string[] settings =
        [
            "--urls", $"http://127.0.0.1:0;http://127.0.0.1:{Http2Port}", "--Http:PathBase", "/seg", "--Http:Http2Ports:0", $"{Http2Port}",
            "--Engine:ModelsFolder", _models,
        ];
        _process = await ServiceProcess.StartAsync(settings, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Directory.Delete(_models, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
