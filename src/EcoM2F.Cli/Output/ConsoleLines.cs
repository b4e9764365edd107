using Spectre.Console;

namespace EcoM2F.Cli.Output;

/// <summary>Lines that no console breaks: what reads them may be a script.</summary>
internal static class ConsoleLines
{
    public static void Line(this IAnsiConsole console, string text) => console.Profile.Out.Writer.WriteLine(text);
}
