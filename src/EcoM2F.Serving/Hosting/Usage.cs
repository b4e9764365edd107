using System.Text;
using System.Text.RegularExpressions;

namespace EcoM2F.Serving.Hosting;

/// <summary>What the program's command line may hold: <c>--help</c>, and what is said of arguments that are neither a command nor a setting.</summary>
internal static partial class Usage
{
    private const int Columns = 100;
    private const string Indent = "      ";

    private static readonly string[] Flags = ["--help", "-h", "-?"];

    public static string Text { get; } = Write();

    public static bool IsAsked(string[] arguments) => arguments is ["help"] || arguments.Any(Flags.Contains);

    /// <summary>The first argument that settings are not read from: it is neither <c>--KEY=VALUE</c> (<c>/KEY=VALUE</c>, <c>KEY=VALUE</c>), nor <c>--KEY</c> (<c>/KEY</c>) with a value behind it.</summary>
    /// <returns>One line that says so. Null: there is none.</returns>
    public static string? Error(string[] arguments)
    {
        for (var i = 0; i < arguments.Length; i++)
        {
            var (argument, isKey) = (arguments[i], arguments[i].StartsWith("--", StringComparison.Ordinal) || arguments[i].StartsWith('/'));
            if (argument.Contains('=', StringComparison.Ordinal) && (isKey || !argument.StartsWith('-')))
            {
                continue;
            }

            if (!isKey)
            {
                return $"'{argument}' is no command: there is {HealthProbe.Command}, and settings are --KEY=VALUE or --KEY VALUE. --help lists them.";
            }

            if (++i == arguments.Length)
            {
                return $"'{argument}' has no value: settings are --KEY=VALUE or --KEY VALUE. --help lists them.";
            }
        }

        return null;
    }

    private static string Write()
    {
        var text = new StringBuilder($"""
            Image segmentation over HTTP in which compute is a choice per image.

            Usage:
              EcoM2F.Serving [--KEY=VALUE ...]        the service, until SIGTERM or Ctrl-C
              EcoM2F.Serving {HealthProbe.Command} [--url ADDRESS]   asks a running one, found by the same settings or at ADDRESS:
                                                      exit code 0 where it is ready, else 1
              EcoM2F.Serving --help

            Exit codes of the service: {ExitCodes.Done} stopped when asked to, {ExitCodes.Failed} could not start, {ExitCodes.BadSettings} a setting or an argument is wrong.

            Settings, each in appsettings.json, in the environment (Engine__QueueImages=16) or on the command line
            (--Engine:QueueImages=16); the later wins:

            """);
        foreach (var row in SettingsReference.Rows)
        {
            text.Append($"\n  {row.Key}\n{Wrap($"{Plain(row.Allowed)} (default: {Plain(row.Default)})")}{Wrap(Plain(row.Meaning))}");
        }

        return text.ToString();
    }

    /// <summary>Without the marks of Markdown; of links their text.</summary>
    private static string Plain(string markdown) => Link().Replace(markdown, "$1").Replace("`", "", StringComparison.Ordinal);

    private static string Wrap(string text)
    {
        var lines = new StringBuilder();
        var used = Columns;
        foreach (var word in text.Split(' '))
        {
            var fits = used + 1 + word.Length <= Columns;
            lines.Append(fits ? " " : lines.Length == 0 ? Indent : "\n" + Indent).Append(word);
            used = (fits ? used + 1 : Indent.Length) + word.Length;
        }

        return lines.Append('\n').ToString();
    }

    [GeneratedRegex(@"\[([^\]]+)\]\([^)]+\)")]
    private static partial Regex Link();
}
