using EcoM2F.Inference.Models;

namespace EcoM2F.Recipe.Gates;

/// <summary>The points of a model with several sizes or decoder exits, and those of them that a gate is to choose among.</summary>
/// <param name="Model">The model's <see cref="ModelIdentity"/>, sizes and decoder exits included.</param>
/// <param name="All">What a row has values for.</param>
/// <param name="Used">Some of these, in the same order.</param>
/// <param name="Reference">The deepest exit at the own size, with the whole decoder.</param>
public sealed record GatePointSet(string Model, IReadOnlyList<GatePoint> All, IReadOnlyList<GatePoint> Used, GatePoint Reference)
{
    /// <returns>Null where the model has one size and no decoder exits.</returns>
    /// <exception cref="RecipeException">A size or exit that the model does not have, or that it has alone.</exception>
    internal static GatePointSet? For(ModelManifest model, IReadOnlyList<int> sizes, IReadOnlyList<int> exits, IReadOnlyList<int> decoderExits)
    {
        Require(sizes, model.ShortestEdges, "--sizes", "sizes");
        Require(exits, model.Exits, "--exits", "exits");
        Require(decoderExits, model.DecoderExits ?? [], "--decoder-exits", "decoder exits");
        if (!model.HasPoints)
        {
            return sizes.Count + exits.Count == 0 ? null : throw new RecipeException($"--sizes and --exits are for a model with several sizes or decoder exits; '{model.Name}' has neither, and its gates choose among all exits.");
        }

        var all = model.Points;
        var used = all.Where(point => (sizes.Count == 0 || sizes.Contains(point.Size))
            && (exits.Count == 0 || exits.Contains(point.Depth))
            && (decoderExits.Count == 0 || decoderExits.Contains(point.DecoderDepth ?? 0)));
        return new GatePointSet(ModelIdentity.Of(model), all, [.. used], model.FullPoint);
    }

    private static void Require(IReadOnlyList<int> chosen, IReadOnlyList<int> known, string option, string what)
    {
        if (chosen.Except(known).Any())
        {
            throw new RecipeException($"{option} has {chosen.Except(known).First()}; {(known.Count > 0 ? $"the model's {what} are {string.Join(", ", known)}" : $"the model has no {what}")}.");
        }
    }
}
