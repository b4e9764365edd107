using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Cli.Segment;

/// <summary>One run of <c>ecom2f segment</c>, parsed and checked against its model.</summary>
internal sealed record SegmentOptions
{
    public required IReadOnlyList<string> Inputs { get; init; }

    /// <summary>Full path.</summary>
    public required string Output { get; init; }

    public required ModelFolder Model { get; init; }

    public required PostprocessingParameters Postprocessing { get; init; }

    public required ModelBudget Budget { get; init; }

    /// <summary>What was given as it was written, by name: for the record of the run.</summary>
    public required IReadOnlyDictionary<string, string> Given { get; init; }

    public required OutputFormats Formats { get; init; }

    /// <summary>COCO JSON with the ids that images have in data sets: see <see cref="Datasets.ImageIds"/>; null: none is given.</summary>
    public string? ImageIds { get; init; }

    /// <summary>Whether depths and classes are shown when the run is done.</summary>
    public bool Summary { get; init; }

    public required Shard Shard { get; init; }

    public required string ExecutionProvider { get; init; }

    /// <summary>Of the graphs that run.</summary>
    public required string Precision { get; init; }
}
