using System.CommandLine.Parsing;
using EcoM2F.Cli.Commands;

namespace EcoM2F.Deploy.Tests.Documentation.Commands;

/// <summary>A value that a command line gives to an argument or an option.</summary>
/// <param name="Command">Such as <c>score</c>.</param>
/// <param name="Name">Of argument or option, as the program has it: <c>MODEL</c>, <c>--gt</c>.</param>
internal sealed record CliInput(string Command, string Name, string Value)
{
    /// <param name="arguments">Without the program.</param>
    public static IReadOnlyList<CliInput> Of(string[] arguments)
    {
        var command = EcoM2FCommand.Create().Parse(arguments).CommandResult;
        return [.. command.Children.SelectMany(result => result.Tokens.Select(token => new CliInput(command.Command.Name, NameOf(result), token.Value)))];
    }

    private static string NameOf(SymbolResult result) => result switch
    {
        ArgumentResult argument => argument.Argument.Name,
        OptionResult option => option.Option.Name,
        _ => "",
    };
}
