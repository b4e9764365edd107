using System.Text.Json.Nodes;

namespace EcoM2F.Serving.Responses;

/// <summary>All loaded models.</summary>
internal sealed record ModelListBody(IReadOnlyList<ModelBody> Models);

/// <summary>A loaded model's card: what it can do, at which depths, and what each costs.</summary>
internal sealed record ModelBody
{
    public required string Name { get; init; }

    public required string Version { get; init; }

    /// <summary>Whether it answers where <c>model</c> is absent.</summary>
    public required bool Default { get; init; }

    public required IReadOnlyList<string> Tasks { get; init; }

    public string? Licence { get; init; }

    public JsonObject? Provenance { get; init; }

    public required IReadOnlyList<int> Exits { get; init; }

    public required int MaxDepth { get; init; }

    /// <summary>What runs: fp32, int8 or fp16.</summary>
    public required string Precision { get; init; }

    /// <summary>What <c>Engine:Precision</c> could be.</summary>
    public required IReadOnlyList<string> Precisions { get; init; }

    /// <summary>Ascending; what <c>size</c>, <c>min-size</c> and <c>max-size</c> in Compute-Budget may be. Absent: the model has one size.</summary>
    public IReadOnlyList<SizeBody>? Sizes { get; init; }

    /// <summary>Ascending; what <c>decoder-depth</c> in Compute-Budget may be. Absent: the model always runs its whole decoder.</summary>
    public IReadOnlyList<int>? DecoderExits { get; init; }

    /// <summary>Answers requests that name none.</summary>
    public string? DefaultProfile { get; init; }

    /// <summary>What <c>profile</c> in Compute-Budget may be.</summary>
    public required IReadOnlyDictionary<string, ProfileBody> Profiles { get; init; }

    /// <summary>Whether <c>beta</c> in Compute-Budget can be answered.</summary>
    public required bool AnswersBeta { get; init; }

    /// <summary>What <c>beta</c> chooses among; absent: the exits at the model's own size.</summary>
    public IReadOnlyList<PointBody>? BetaPoints { get; init; }

    public required PostprocessingBody Postprocessing { get; init; }

    /// <summary>GMACs by size of the model's input.</summary>
    public required IReadOnlyList<CostBody> Costs { get; init; }

    public required IReadOnlyList<ClassBody> Classes { get; init; }
}

/// <param name="Beta">PQ points per layer that the gate was trained at.</param>
/// <param name="Points">What the gate chooses among; absent: the exits at the model's own size.</param>
/// <param name="Fallback">What images unlike the gate's training data get; absent: the gate chooses for every image.</param>
internal sealed record ProfileBody(string Kind, double? Beta, IReadOnlyList<PointBody>? Points = null, PointBody? Fallback = null);

/// <param name="Size">Shortest edge of a size of the model, in pixels.</param>
/// <param name="Depth">An exit.</param>
/// <param name="DecoderDepth">A decoder exit; absent: the model has none.</param>
internal sealed record PointBody(int Size, int Depth, int? DecoderDepth = null);

/// <param name="Size">Shortest edge in pixels; names the size.</param>
/// <param name="LongestEdge">Where it caps, it decides instead of the shortest.</param>
/// <param name="Own">Whether it is the size that <c>depth</c> without <c>size</c> means.</param>
internal sealed record SizeBody(int Size, int LongestEdge, bool Own);

/// <summary>Defaults that a request may override; of a model of boxes only the score.</summary>
/// <param name="ClassThresholds">By class: score thresholds that take the place of others for that class, unless a request has its own; absent: no class has one.</param>
internal sealed record PostprocessingBody(
    string Procedure, double ScoreThreshold, double? MaskThreshold, double? OverlapThreshold, IReadOnlyDictionary<string, double>? ClassThresholds = null);

/// <param name="Exits">Whole model, by exit.</param>
/// <param name="DecoderExits">The decoder alone, by decoder exit below the whole one; absent: the model has none.</param>
internal sealed record CostBody(
    int Height, int Width, double Stem, double Layer, double Decoder, IReadOnlyDictionary<string, double> Exits, IReadOnlyDictionary<string, double>? DecoderExits = null);

internal sealed record ClassBody(int Id, string Name, bool Isthing, string Color);
