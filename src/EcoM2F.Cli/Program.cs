using System.CommandLine;
using EcoM2F.Cli.Commands;
using EcoM2F.Cli.Output;

// Exit codes: 0 done, 1 a check failed, 2 bad input or usage, 130 interrupted.
var root = new RootCommand("ecom2f: adaptive-depth segmentation. Compile checkpoints, verify and inspect model folders, segment images.")
{
    CompileCommand.Create(),
    VerifyCommand.Create(),
    InspectCommand.Create(),
    SegmentCommand.Create(),
};

var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
    {
        Console.Error.WriteLine(error.Message);
    }

    Console.Error.WriteLine($"'ecom2f {parsed.CommandResult.Command.Name} --help' lists what is allowed.");
    return ExitCode.BadInput;
}

return await parsed.InvokeAsync();
