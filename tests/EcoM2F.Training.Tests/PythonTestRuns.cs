using System.Collections.Concurrent;
using EcoM2F.Training.Tests;

[assembly: AssemblyFixture(typeof(PythonTestRuns))]

namespace EcoM2F.Training.Tests;

/// <summary>Runs each file once, when the first of its tests is asked for.</summary>
public sealed class PythonTestRuns
{
    private readonly ConcurrentDictionary<string, Lazy<Task<PythonTestRun>>> _runs = new(StringComparer.Ordinal);

    internal Task<PythonTestRun> Of(string file)
    {
        Assert.SkipWhen(PythonInterpreter.Program is null, PythonInterpreter.Reason);
        return _runs.GetOrAdd(file, static name => new(() => PythonTestRun.RunAsync(PythonInterpreter.Program!, Path.Combine(PythonTestFiles.Folder, name)))).Value;
    }
}
