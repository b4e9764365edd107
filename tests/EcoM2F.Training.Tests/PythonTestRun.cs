using System.Diagnostics;
using System.Text.Json;
using EcoM2F.TestSupport;

namespace EcoM2F.Training.Tests;

/// <summary>How the tests of one Python file ended, all run once in one process.</summary>
/// <param name="Outcomes">By <c>Class.method</c>.</param>
/// <param name="Others">What belongs to no single test: importing the file, setUpClass, tearDownClass.</param>
/// <param name="Ended">Whether the process came to its end by itself, without an error.</param>
/// <param name="Output">What the process wrote.</param>
internal sealed record PythonTestRun(IReadOnlyDictionary<string, PythonOutcome> Outcomes, IReadOnlyList<PythonOutcome> Others, bool Ended, string Output)
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(20);

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    /// <summary>Threads of the process: test assemblies run side by side.</summary>
    private const string Threads = "2";

    /// <returns>A test that ran to no end: skipped where its class or file was, otherwise failed.</returns>
    public PythonOutcome OutcomeOf(string test)
    {
        if (Outcomes.TryGetValue(test, out var outcome))
        {
            return outcome;
        }

        var skipped = Ended && Others.Count > 0 && Others.All(static other => other.Outcome == PythonOutcome.Skipped);
        var details = string.Join('\n', Others.Select(static other => other.Detail));
        return skipped ? new PythonOutcome(test, PythonOutcome.Skipped, details) : new PythonOutcome(test, PythonOutcome.Failed, $"It did not run.\n{details}\n{Output}");
    }

    /// <param name="path">The file of tests.</param>
    public static async Task<PythonTestRun> RunAsync(string python, string path)
    {
        var results = Path.GetTempFileName();
        try
        {
            var runner = Path.Combine(RepositoryPaths.Root, "tests", "EcoM2F.Training.Tests", "run_tests.py");
            var start = new ProcessStartInfo(python, ["-X", "faulthandler", runner, path, results])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = Path.GetTempPath(),
            };
            start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
            start.Environment["PYTHONUTF8"] = "1";
            start.Environment["OMP_WAIT_POLICY"] = "PASSIVE"; // or threads that wait spin where other assemblies would compute
            start.Environment["OMP_NUM_THREADS"] = start.Environment["OPENBLAS_NUM_THREADS"] = start.Environment["MKL_NUM_THREADS"] = Threads;
            var (ended, output) = await OutputOfAsync(start);
            var outcomes = (await File.ReadAllLinesAsync(results)).Select(static line => JsonSerializer.Deserialize<PythonOutcome>(line, Options)!).ToList();
            return new PythonTestRun(
                outcomes.Where(static outcome => outcome.Test is not null).ToDictionary(static outcome => outcome.Test!, StringComparer.Ordinal),
                [.. outcomes.Where(static outcome => outcome.Test is null)],
                ended,
                output);
        }
        finally
        {
            File.Delete(results);
        }
    }

    private static async Task<(bool Ended, string Output)> OutputOfAsync(ProcessStartInfo start)
    {
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Longest);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode == 0, $"{await output}{await error}exit code {process.ExitCode}");
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return (false, $"{await output}{await error}stopped after {Longest.TotalMinutes} minutes");
        }
    }
}

/// <summary>One line of what run_tests.py writes.</summary>
/// <param name="Test">Null for what belongs to no single test.</param>
/// <param name="Detail">Traceback, or the reason of a skip.</param>
internal sealed record PythonOutcome(string? Test, string Outcome, string Detail)
{
    public const string Failed = "failed";

    public const string Skipped = "skipped";

    public const string Passed = "passed";
}
