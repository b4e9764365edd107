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

    /// <summary>Answers requests that name none.</summary>
    public string? DefaultProfile { get; init; }

    /// <summary>What <c>profile</c> in Compute-Budget may be.</summary>
    public required IReadOnlyDictionary<string, ProfileBody> Profiles { get; init; }

    /// <summary>Whether <c>beta</c> in Compute-Budget can be answered.</summary>
    public required bool AnswersBeta { get; init; }

    public required PostprocessingBody Postprocessing { get; init; }

    /// <summary>GMACs by size of the model's input.</summary>
    public required IReadOnlyList<CostBody> Costs { get; init; }

    public required IReadOnlyList<ClassBody> Classes { get; init; }
}

/// <param name="Beta">PQ points per layer that the gate was trained at.</param>
internal sealed record ProfileBody(string Kind, double? Beta);

/// <summary>Defaults that a request may override; of a model of boxes only the score.</summary>
internal sealed record PostprocessingBody(string Procedure, double ScoreThreshold, double? MaskThreshold, double? OverlapThreshold);

/// <param name="Exits">Whole model, by exit.</param>
internal sealed record CostBody(int Height, int Width, double Stem, double Layer, double Decoder, IReadOnlyDictionary<string, double> Exits);

internal sealed record ClassBody(int Id, string Name, bool Isthing, string Color);
