using System.CommandLine;
using System.CommandLine.Parsing;

namespace EcoM2F.Cli.Output;

/// <summary>What is wrong with a command line, in sentences that name the option and what is allowed.</summary>
internal static class UsageErrors
{
    public static IReadOnlyList<string> Of(ParseResult parsed)
    {
        var unknown = Unknown(parsed).ToList();
        var explained = parsed.Errors.Select(static error => error.Message).Where(message => !unknown.Any(token => message.Contains($"'{token}'", StringComparison.Ordinal)));
        var errors = unknown.Select(token => Explain(token, parsed)).Concat(explained).Distinct().ToList();

        // The parser's "Required command was not provided." says less than the sentence about the unknown command.
        return unknown.Count > 0 && parsed.CommandResult.Parent is null ? errors[..unknown.Count] : errors;
    }

    public static string HelpFor(ParseResult parsed) =>
        parsed.CommandResult.Parent is null ? "ecom2f --help" : $"ecom2f {parsed.CommandResult.Command.Name} --help";

    /// <summary>Unmatched tokens, and unknown options, which the parser takes for a path; after "--" anything is a path.</summary>
    private static IEnumerable<string> Unknown(ParseResult parsed)
    {
        var taken = parsed.Tokens.Any(static token => token.Type == TokenType.DoubleDash)
            ? []
            : parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(static argument => argument.Tokens).Select(static token => token.Value).Where(IsOption);
        return parsed.UnmatchedTokens.Concat(taken).Distinct();
    }

    private static string Explain(string token, ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        return IsOption(token) ? $"Unknown option '{token}'; allowed are {string.Join(", ", command.Options.Select(static option => option.Name))}."
            : command.Subcommands.Count > 0 ? $"Unknown command '{token}'; allowed are {string.Join(", ", command.Subcommands.Select(static known => known.Name))}."
            : $"Unexpected argument '{token}'.";
    }

    private static bool IsOption(string token) => token.Length > 1 && token[0] == '-';
}
