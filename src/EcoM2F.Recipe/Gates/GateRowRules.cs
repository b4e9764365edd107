using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;

namespace EcoM2F.Recipe.Gates;

/// <summary>What rows must agree with before a gate is trained on them.</summary>
/// <param name="Model">The model's <see cref="ModelIdentity"/>, of its own size alone: what rows by exit are of.</param>
/// <param name="Exits">The model's.</param>
/// <param name="Width">Length of the model's pooled feature.</param>
/// <param name="AnyModel">Rows of another model, or that do not say of which, are taken all the same.</param>
/// <param name="MixDatasets">Rows of several data sets are taken together.</param>
public sealed record GateRowRules(string Model, IReadOnlyList<int> Exits, int Width, bool AnyModel = false, bool MixDatasets = false)
{
    /// <summary>For rows by point; null: the model has one size and no decoder exits.</summary>
    public GatePointSet? Points { get; init; }

    /// <summary>The model's; null: not known, and depths stand in.</summary>
    public CostTable? Costs { get; init; }

    /// <summary>How names of images tell scenes.</summary>
    public SceneRule Scenes { get; init; } = SceneRule.Default;

    /// <param name="sizes">Sizes to choose among; empty for all.</param>
    /// <param name="exits">Exits to choose among, of rows by point; empty for all.</param>
    /// <param name="decoderExits">Decoder exits to choose among; empty for all.</param>
    /// <exception cref="RecipeException">A size or exit that the model does not have.</exception>
    public static GateRowRules For(ModelManifest model, int width, IReadOnlyList<int> sizes, IReadOnlyList<int> exits, IReadOnlyList<int> decoderExits) =>
        new(ModelIdentity.OfOwnSize(model), model.Exits, width)
        {
            Points = GatePointSet.For(model, sizes, exits, decoderExits),
            Costs = new CostTable(model.Costs),
        };
}
