using System.ComponentModel;
using System.Diagnostics;

namespace EcoM2F.Training.Tests;

/// <summary>A Python that has what training needs: the first on the PATH, or the system's own, for which Debian's packages are.</summary>
internal static class PythonInterpreter
{
    private const string FindMissing =
        """
        import importlib
        missing = []
        for name in ("numpy", "scipy", "PIL", "torch"):
            try:
                importlib.import_module(name)
            except Exception:
                missing.append(name)
        print(" ".join(missing))
        """;

    private static readonly string[] Candidates = ["python3", "/usr/bin/python3"];

    private static readonly Lazy<(string? Program, string Reason)> Found = new(Find);

    /// <summary>Null where there is none; <see cref="Reason"/> then says what each lacks.</summary>
    public static string? Program => Found.Value.Program;

    public static string Reason => Found.Value.Reason;

    private static (string? Program, string Reason) Find()
    {
        var lacks = new List<string>();
        foreach (var candidate in Candidates)
        {
            var missing = MissingPackages(candidate);
            if (missing is "")
            {
                return (candidate, "");
            }

            lacks.Add(missing is null ? $"{candidate} does not run" : $"{candidate} lacks {missing.Replace(" ", ", ", StringComparison.Ordinal)}");
        }

        return (null, $"Needs a Python 3 with torch, numpy, scipy and PIL (Debian: python3-torch, python3-numpy, python3-scipy, python3-pil); {string.Join("; ", lacks)}.");
    }

    /// <returns>Null where the program does not run.</returns>
    private static string? MissingPackages(string program)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, ["-c", FindMissing]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            _ = error.Result;
            return process.ExitCode == 0 ? output.Trim() : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
