using EcoM2F.Cli.Output;
using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Gates;

namespace EcoM2F.Cli.TrainGate;

/// <summary>One run of <c>train-gate</c>, as the command line has it.</summary>
internal sealed record TrainGateOptions
{
    public const string BestExit = "best-exit";
    public const string Gain = "gain";

    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>Folder, or the name of one in the models folder.</summary>
    public required string Model { get; init; }

    /// <value>Null: the utility gate, whatever its name.</value>
    public string? Profile { get; init; }

    public required string Kind { get; init; }

    /// <summary>best-exit or gain; empty before <see cref="For"/> where it was not given.</summary>
    public required string Loss { get; init; }

    public GateTarget? Target { get; init; }

    public required int Folds { get; init; }

    public ulong Seed { get; init; }

    public bool Force { get; init; }

    public bool MakeDefault { get; init; }

    public bool AnyModel { get; init; }

    public bool MixDatasets { get; init; }

    public bool PenaltyBySets { get; init; }

    /// <summary>Sizes to choose among; empty for all.</summary>
    public IReadOnlyList<int> Sizes { get; init; } = [];

    /// <summary>Exits to choose among; empty for all.</summary>
    public IReadOnlyList<int> Exits { get; init; } = [];

    /// <summary>Decoder exits to choose among; empty for all.</summary>
    public IReadOnlyList<int> DecoderExits { get; init; } = [];

    /// <summary>Regular expression of scenes; null for the usual one.</summary>
    public string? Scene { get; init; }

    /// <summary>Share of images that the guard leaves to the gate; null: none.</summary>
    public double? Guard { get; init; }

    public bool IsUtility => Kind == GateProfile.Utility;

    /// <exception cref="CliException">Options that do not go together.</exception>
    public TrainGateOptions Checked()
    {
        if (!IsUtility && Profile is null)
        {
            throw new CliException("--profile is missing: a classifier needs a name, such as balanced.");
        }

        if (!IsUtility && Target is null)
        {
            throw new CliException("A classifier chooses at one price: give --beta, --target-depth, --target-gmacs or --max-quality-loss.");
        }

        if (IsUtility && Loss == BestExit)
        {
            throw new CliException("--loss best-exit makes classifiers only; a utility gate is trained by gain.");
        }

        return this;
    }

    /// <summary>With the loss that is usual for such rows: few images for many points want the regression.</summary>
    public TrainGateOptions For(GateData data) => this with { Loss = Loss.Length > 0 ? Loss : IsUtility || data.HasPoints ? Gain : BestExit };
}
