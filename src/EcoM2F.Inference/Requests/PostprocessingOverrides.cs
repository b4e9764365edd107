using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Requests;

/// <summary>Null: the model's own default.</summary>
public sealed record PostprocessingOverrides
{
    /// <summary>meta or hf.</summary>
    public string? Procedure { get; init; }

    /// <summary>0 to 1.</summary>
    public float? ScoreThreshold { get; init; }

    /// <summary>0 to 1.</summary>
    public float? MaskThreshold { get; init; }

    /// <summary>0 to 1.</summary>
    public float? OverlapThreshold { get; init; }

    /// <summary>Class names to keep in the result; null keeps all.</summary>
    public IReadOnlyList<string>? Classes { get; init; }

    /// <summary>What only masks have is refused for a model of boxes, for it would change nothing.</summary>
    /// <exception cref="SegmentationException"><see cref="SegmentationError.BadRequest"/>, naming the parameter.</exception>
    public void RequireFor(ModelManifest model)
    {
        if (!model.Postprocessing.MakesBoxes)
        {
            return;
        }

        Refuse("mask-threshold", MaskThreshold is not null);
        Refuse("overlap-threshold", OverlapThreshold is not null);
        Refuse("procedure", Procedure is not null);

        void Refuse(string name, bool given)
        {
            if (given)
            {
                throw new SegmentationException(
                    SegmentationError.BadRequest, $"{name}: model '{model.Name}' makes boxes, which have none; score-threshold and classes are allowed.", name);
            }
        }
    }
}
