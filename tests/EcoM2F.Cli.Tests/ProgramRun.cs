using System.Text.Json.Nodes;

namespace EcoM2F.Cli.Tests;

/// <summary>How a run of the program ended and what it said.</summary>
internal sealed record ProgramRun(int ExitCode, string Out, string Error)
{
    /// <summary>Stdout, which must be one JSON object on one line and nothing else.</summary>
    public JsonObject Json
    {
        get
        {
            Assert.Equal(Out.Length - 1, Out.IndexOf('\n', StringComparison.Ordinal));
            return Assert.IsType<JsonObject>(JsonNode.Parse(Out));
        }
    }

    /// <summary>For assertions: a wrong exit code shows what the program said.</summary>
    public ProgramRun Exits(int code)
    {
        Assert.True(code == ExitCode, $"exit code {ExitCode}, not {code}\n{Out}\n{Error}");
        Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
        return this;
    }

    /// <summary>For assertions: stderr names the option or field, the value and what is allowed, in whatever sentence.</summary>
    /// <param name="fragments">Separated by '|'.</param>
    public ProgramRun Names(string fragments)
    {
        Assert.All(fragments.Split('|'), fragment => Assert.Contains(fragment, Error, StringComparison.Ordinal));
        return this;
    }
}
