using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace EcoM2F.TestSupport;

/// <summary>The real service in a process of its own, on a free loopback port. The caller's output folder must hold EcoM2F.Serving.dll.</summary>
public sealed partial class ServiceProcess : IAsyncDisposable
{
    private const int SigTerm = 15;

    private readonly Process _process;
    private readonly TaskCompletionSource<Uri> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _output = [];

    private ServiceProcess(IEnumerable<string> settings, string? program)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetDirectoryName(program) ?? "" };
        string[] ours = program is null ? ["--Engine:StemCacheMegabytes", "0"] : [];
        string[] arguments = [program ?? Path.Combine(AppContext.BaseDirectory, "EcoM2F.Serving.dll"), "--urls", "http://127.0.0.1:0", .. ours, .. settings];
        Array.ForEach(arguments, start.ArgumentList.Add);
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Read(line.Data);
        _process.ErrorDataReceived += (_, line) => Read(line.Data);
        _process.Exited += (_, _) => _listening.TrySetException(new InvalidOperationException($"The service ended before it listened:\n{Output}"));
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public HttpClient Client { get; private set; } = null!;

    /// <summary>Of the process.</summary>
    public int Id => _process.Id;

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

    /// <summary>Bytes of resident memory.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <param name="settings">Command line after the address and a stem cache of 0 (tests and benchmarks send the same photos again and again), such as <c>--Engine:ModelsFolder</c> and a folder.</param>
    /// <param name="program">Another build's EcoM2F.Serving.dll, which gets the settings alone; null: this one's.</param>
    /// <returns>Once <c>/readyz</c> says 200.</returns>
    public static async Task<ServiceProcess> StartAsync(IEnumerable<string> settings, CancellationToken cancellationToken, string? program = null)
    {
        var service = new ServiceProcess(settings, program);
        try
        {
            var address = await service._listening.Task.WaitAsync(cancellationToken);
            service.Client = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(2) };
            while (true)
            {
                using var ready = await service.Client.GetAsync(new Uri("/readyz", UriKind.Relative), cancellationToken);
                if (ready.StatusCode == HttpStatusCode.OK)
                {
                    return service;
                }

                await Task.Delay(50, cancellationToken);
            }
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    /// <summary>Asks it to stop, as an orchestrator does.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> TerminateAsync(CancellationToken cancellationToken)
    {
        if (Kill(_process.Id, SigTerm) != 0)
        {
            throw new InvalidOperationException($"kill failed: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
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
            _listening.TrySetResult(new Uri(match.Value));
        }
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:[1-9][0-9]*")]
    private static partial Regex Listening();

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
