using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Compute;

/// <summary>The compute that an image used.</summary>
/// <param name="MaxDepth">The model's deepest exit.</param>
/// <param name="Gmacs">Cost of what ran: the whole model at the point used, a probe included, without stems that were known from before; in GMACs.</param>
/// <param name="FullGmacs">Cost of the whole model at the deepest exit, with the whole decoder, at the model's own size for the same image, in GMACs.</param>
/// <param name="Times">Times of the stages that ran.</param>
public sealed record ComputeUsed(ComputeDecision Decision, int MaxDepth, double Gmacs, double FullGmacs, StageTimes Times)
{
    /// <summary>Shortest edge of the model's largest size, in pixels; null where it has one size.</summary>
    public int? MaxSize { get; init; }

    /// <summary>GMACs of stems that did not run because the same image had been here before; not part of <see cref="Gmacs"/>.</summary>
    public double ReusedGmacs { get; init; }

    /// <summary>Layers of the model's whole decoder; null where it has no decoder exits.</summary>
    public int? MaxDecoderDepth { get; init; }

    /// <summary>1 - gmacs / gmacs at the deepest exit and own size; at most 1, below 0 where a larger size was used.</summary>
    public double Saved => 1 - (Gmacs / FullGmacs);

    /// <param name="own">The image's input at the model's own size.</param>
    /// <param name="known">Inputs whose stem did not run, because the image had been here before; null: none.</param>
    internal static ComputeUsed Of(ComputeDecision decision, CostTable costs, ModelManifest model, InputSize own, StageTimes times, IReadOnlyList<InputSize>? known = null)
    {
        var reused = (known ?? []).Sum(input => costs.At(input).Stem);
        return new ComputeUsed(decision, model.MaxDepth, costs.Gmacs(decision.Point, decision.Probe) - reused, costs.At(own).At(model.MaxDepth), times)
        {
            ReusedGmacs = reused,
            MaxSize = model.HasSizes ? model.ShortestEdges[^1] : null,
            MaxDecoderDepth = model.MaxDecoderDepth,
        };
    }
}
