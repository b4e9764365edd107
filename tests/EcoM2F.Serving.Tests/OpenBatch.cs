using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace EcoM2F.Serving.Tests;

/// <summary>A batch over a plain connection, whose answer is read while its form is still sent: HttpClient sends all of a request first.</summary>
internal sealed class OpenBatch : IAsyncDisposable
{
    private const string Boundary = "frontier";

    private readonly TcpClient _client = new();
    private StreamReader _reader = null!;
    private bool _hasHeaders;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<OpenBatch> StartAsync(Uri service)
    {
        var batch = new OpenBatch();
        await batch._client.ConnectAsync(service.Host, service.Port, Token);
        batch._reader = new StreamReader(batch._client.GetStream());
        await batch.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/segment/batch HTTP/1.1\r\nHost: {service.Authority}\r\nContent-Type: multipart/form-data; boundary={Boundary}\r\nTransfer-Encoding: chunked\r\n\r\n"));
        await batch.ChunkAsync(Encoding.ASCII.GetBytes($"--{Boundary}\r\n"));
        return batch;
    }

    /// <summary>Sends one image, and the boundary that ends it.</summary>
    public Task SendAsync(byte[] image) => ChunkAsync(
        [.. Encoding.ASCII.GetBytes("Content-Disposition: form-data; name=\"image\"\r\n\r\n"), .. image, .. Encoding.ASCII.GetBytes($"\r\n--{Boundary}\r\n")]);

    /// <summary>The next line of the answer.</summary>
    public async Task<JsonElement> ReadLineAsync()
    {
        while (true)
        {
            var line = await _reader.ReadLineAsync(Token) ?? throw new IOException("The answer has ended.");
            _hasHeaders |= line.Length == 0;

            // The answer is chunked: sizes of chunks stand on lines of their own.
            if (_hasHeaders && line.StartsWith('{'))
            {
                return JsonDocument.Parse(line).RootElement;
            }
        }
    }

    /// <summary>Leaves, whether the form is complete or not.</summary>
    public ValueTask DisposeAsync()
    {
        _reader.Dispose();
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private Task ChunkAsync(byte[] bytes) => WriteAsync([.. Encoding.ASCII.GetBytes(bytes.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n"), .. bytes, .. "\r\n"u8]);

    private async Task WriteAsync(byte[] bytes) => await _client.GetStream().WriteAsync(bytes, Token);
}
