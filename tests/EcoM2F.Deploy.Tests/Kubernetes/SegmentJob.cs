using System.Diagnostics;
using System.Text.Json.Nodes;
using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Kubernetes;

/// <summary>The Job of <c>deploy/kubernetes/jobs</c> without a cluster: its very command, in a folder that stands for /app, on one that stands for /data.</summary>
internal sealed class SegmentJob : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("ecom2f-job-").FullName;
    private readonly int _parts;
    private readonly JsonObject _container = Assert.Single(DeployFiles.Jobs().Only("Job").PodSpec().Containers());

    /// <param name="parts">In place of the completions of the file, so that few images do.</param>
    public SegmentJob(int parts)
    {
        _parts = parts;
        Directory.CreateDirectory(Images);
        TinyModel.CompileTo(Path.Combine(App, "models", "default"));
    }

    public string Images => Path.Combine(_root, "data", "images");

    private string App => Path.Combine(_root, "app");

    private string Out => Path.Combine(_root, "data", "out");

    /// <summary>Names of results, without the record of the run.</summary>
    public IReadOnlyList<string> Results() => Directory.Exists(Out)
        ? [.. Directory.EnumerateFiles(Out).Select(static file => Path.GetFileName(file)!).Where(static name => !name.StartsWith('.')).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>Starts the pod of one index. The caller disposes it.</summary>
    public Process Start(int index)
    {
        var program = Assert.Single(Assert.IsType<JsonArray>(_container["command"]))!.GetValue<string>();
        var arguments = Assert.IsType<JsonArray>(_container["args"]).Select(word => Here(word!.GetValue<string>()));
        Assert.Equal(_container.Text("workingDir"), Path.GetDirectoryName(program));
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, Path.GetFileName(program) + ".dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = App,
        };
        start.Environment["JOB_COMPLETION_INDEX"] = index.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return Process.Start(start)!;
    }

    /// <returns>What it reports.</returns>
    public async Task<JsonObject> RunAsync(int index, CancellationToken cancellationToken)
    {
        using var process = Start(index);
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        Assert.True(process.ExitCode == 0, $"exit code {process.ExitCode}: {output}");
        return JsonNode.Parse(output)!.AsObject();
    }

    /// <summary>Evicts the pod of one index without grace, once it has written something or has ended.</summary>
    public async Task EvictAsync(int index, CancellationToken cancellationToken)
    {
        using var process = Start(index);
        while (Results().Count == 0 && !process.HasExited)
        {
            await Task.Delay(5, cancellationToken);
        }

        process.Kill();
        await process.WaitForExitAsync(cancellationToken);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private string Here(string word) => word switch
    {
        _ when word.StartsWith("/data/", StringComparison.Ordinal) => Path.Combine(_root, word.TrimStart('/')),
        _ when word.StartsWith("job/", StringComparison.Ordinal) => $"job/{_parts}",
        _ => word,
    };
}
