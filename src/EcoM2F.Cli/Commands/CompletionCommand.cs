using System.CommandLine;
using EcoM2F.Cli.Completion;
using EcoM2F.Cli.Output;

namespace EcoM2F.Cli.Commands;

/// <summary><c>ecom2f completion</c>: what a shell needs to complete the command line.</summary>
internal static class CompletionCommand
{
    public static Command Create()
    {
        var names = string.Join('|', CompletionScripts.All.Keys);
        var shell = new Argument<string>("SHELL") { Description = $"{names}.", HelpName = names };
        shell.CompletionSources.Add([.. CompletionScripts.All.Keys]);
        shell.Validators.Add(static result =>
        {
            if (result.Tokens is [var token] && !CompletionScripts.All.ContainsKey(token.Value))
            {
                result.AddError($"SHELL is '{token.Value}'; allowed are {string.Join(", ", CompletionScripts.All.Keys)}.");
            }
        });
        var command = new Command("completion", "Print a script with which a shell completes commands, options and their values: source <(ecom2f completion bash).") { shell };
        command.SetAction(parsed =>
        {
            Console.Out.Write(CompletionScripts.All[parsed.GetRequiredValue(shell)].ReplaceLineEndings("\n"));
            return ExitCode.Done;
        });
        return command;
    }
}
