using System.Globalization;
using System.Text.Json.Nodes;

namespace EcoM2F.Cli.Adapt;

/// <summary>One run of <c>adapt</c>, as the command line has it. Paths are full ones.</summary>
internal sealed record AdaptOptions
{
    public required string Checkpoint { get; init; }

    public required string Photos { get; init; }

    /// <summary>The model folder to make.</summary>
    public required string Output { get; init; }

    /// <summary>The folder of the report.</summary>
    public required string Report { get; init; }

    /// <value>Null: the output folder's name.</value>
    public string? Name { get; init; }

    public required string Version { get; init; }

    /// <value>Null: <see cref="AdaptSizes.Default"/>.</value>
    public string? Sizes { get; init; }

    /// <summary>As <c>compile</c> has them; null: the decoder always runs whole.</summary>
    public string? DecoderExits { get; init; }

    /// <summary>Most photographs that exits are fitted on.</summary>
    public required int FitPhotos { get; init; }

    /// <summary>Share of the photographs that everything but the report is kept from.</summary>
    public required double Holdout { get; init; }

    public required string Provider { get; init; }

    /// <summary>The model's name.</summary>
    public string ModelName => Name ?? Path.GetFileName(Output);

    /// <summary>What must be the same for a run to go on where one was ended.</summary>
    /// <param name="checkpoint">Hash of the checkpoint's files.</param>
    /// <param name="photos">Hash of the photographs.</param>
    public JsonObject Run(string checkpoint, string photos) => new()
    {
        ["CHECKPOINT"] = checkpoint,
        ["PHOTOS"] = photos,
        ["--name"] = ModelName,
        ["--model-version"] = Version,
        ["--sizes"] = Sizes ?? "default",
        ["--decoder-exits"] = DecoderExits ?? "none",
        ["--photos"] = FitPhotos.ToString(CultureInfo.InvariantCulture),
        ["--holdout"] = Holdout.ToString("r", CultureInfo.InvariantCulture),
        ["--report"] = Report,
        ["--execution-provider"] = Provider,
    };
}
