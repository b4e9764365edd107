using EcoM2F.Cli.Output;

namespace EcoM2F.Cli.Score;

/// <summary>What to score, as the command line has it.</summary>
internal sealed record ScoreOptions(string Task, string Truth, string? TruthFolder, string Prediction, string? PredictionFolder)
{
    public const string Panoptic = "panoptic";
    public const string Instance = "instance";
    public const string Detection = "detection";
    public const string Semantic = "semantic";

    public static IReadOnlyList<string> Tasks { get; } = [Panoptic, Instance, Detection, Semantic];

    /// <exception cref="CliException">A folder of PNGs where the task has none.</exception>
    public void Check()
    {
        if (Task != Panoptic && (TruthFolder ?? PredictionFolder) is not null)
        {
            throw new CliException($"{(TruthFolder is null ? "--pred-folder" : "--gt-folder")} applies only to panoptic scores, not to {Task}.");
        }
    }
}
