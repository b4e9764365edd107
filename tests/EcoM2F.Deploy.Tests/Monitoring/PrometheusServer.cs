using System.Diagnostics;
using System.Text.RegularExpressions;

namespace EcoM2F.Deploy.Tests.Monitoring;

/// <summary>Debian's Prometheus in a process of its own, on a free loopback port, with its data in a folder that goes with it.</summary>
internal sealed partial class PrometheusServer : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ecom2f-prometheus-");
    private readonly Process _process;
    private readonly TaskCompletionSource<Uri> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _output = [];
    private HttpClient? _client;

    private PrometheusServer(string target, string interval)
    {
        var configuration = PrometheusFolder.CopyTo(_folder.FullName, target, interval);
        string[] arguments =
        [
            $"--config.file={configuration}",
            $"--storage.tsdb.path={Path.Combine(_folder.FullName, "data")}",
            "--web.listen-address=127.0.0.1:0",
        ];
        var start = new ProcessStartInfo(PrometheusPrograms.Prometheus!, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder.FullName,
        };
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Read(line.Data);
        _process.ErrorDataReceived += (_, line) => Read(line.Data);
        _process.Exited += (_, _) => _listening.TrySetException(new InvalidOperationException($"Prometheus ended before it listened:\n{Output}"));
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public PrometheusApi Api { get; private set; } = null!;

    /// <summary>What it wrote so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return string.Join('\n', _output);
            }
        }
    }

    /// <param name="target">Host and port of the service.</param>
    /// <param name="interval">Between scrapes, and between evaluations, such as <c>1s</c>.</param>
    public static async Task<PrometheusServer> StartAsync(string target, string interval, CancellationToken cancellationToken)
    {
        var server = new PrometheusServer(target, interval);
        try
        {
            server._client = new HttpClient { BaseAddress = await server._listening.Task.WaitAsync(cancellationToken) };
            server.Api = new PrometheusApi(server._client);
            while (true)
            {
                using var ready = await server._client.GetAsync(new Uri("/-/ready", UriKind.Relative), cancellationToken);
                if (ready.IsSuccessStatusCode)
                {
                    return server;
                }

                await Task.Delay(50, cancellationToken);
            }
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private void Read(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_output)
        {
            _output.Add(line);
        }

        if (Listening().Match(line) is { Success: true } match)
        {
            _listening.TrySetResult(new Uri($"http://{match.Groups["address"].Value}"));
        }
    }

    // Prometheus 3 says component=web before the address
    [GeneratedRegex("msg=\"Listening on\" (component=web )?address=(?<address>127\\.0\\.0\\.1:[1-9][0-9]*)")]
    private static partial Regex Listening();
}
