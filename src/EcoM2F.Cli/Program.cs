using System.CommandLine;
using System.CommandLine.Completions;
using EcoM2F.Cli.Commands;
using EcoM2F.Cli.Output;

// Exit codes: 0 done, 1 a check failed, 2 bad input or usage, 130 interrupted.
var root = EcoM2FCommand.Create();

if (args.Length == 0)
{
    await root.Parse("--help").InvokeAsync();
    return ExitCode.BadInput;
}

var parsed = root.Parse(args);
var suggests = root.Directives.OfType<SuggestDirective>().Any(directive => parsed.GetResult(directive) is not null); // what a shell asks about is never a whole command line
if (!suggests && UsageErrors.Of(parsed) is { Count: > 0 } errors)
{
    new Report(args.Contains(SharedOptions.JsonName)).Errors(errors);
    Console.Error.WriteLine($"'{UsageErrors.HelpFor(parsed)}' lists what is allowed.");
    return ExitCode.BadInput;
}

// Long enough for the images in flight to stop between two stages.
return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(10) });
