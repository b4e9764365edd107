using System.CommandLine;

namespace EcoM2F.Cli.Commands;

/// <summary>The whole command line: every command, in the order in which <c>--help</c> lists them.</summary>
internal static class EcoM2FCommand
{
    public static RootCommand Create() => new("ecom2f: adaptive-depth segmentation. Compile checkpoints, adapt them to photographs, fit exits, set input sizes, add int8 graphs, verify and inspect model folders, segment images, derive rows and train gates on them, evaluate policies, score results, measure speed, check the machine.")
    {
        CompileCommand.Create(),
        FitExitsCommand.Create(),
        SizesCommand.Create(),
        QuantizeCommand.Create(),
        AdaptCommand.Create(),
        VerifyCommand.Create(),
        InspectCommand.Create(),
        SegmentCommand.Create(),
        DeriveCommand.Create(),
        TrainGateCommand.Create(),
        EvaluateCommand.Create(),
        ScoreCommand.Create(),
        BenchCommand.Create(),
        DoctorCommand.Create(),
        CompletionCommand.Create(),
    };
}
