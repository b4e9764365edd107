namespace EcoM2F.Recipe.Gates;

/// <summary>What rows must agree with before a gate is trained on them.</summary>
/// <param name="Model">The model's <see cref="ModelIdentity"/>.</param>
/// <param name="Exits">The model's.</param>
/// <param name="Width">Length of the model's pooled feature.</param>
/// <param name="AnyModel">Rows of another model, or that do not say of which, are taken all the same.</param>
/// <param name="MixDatasets">Rows of several data sets are taken together.</param>
public sealed record GateRowRules(string Model, IReadOnlyList<int> Exits, int Width, bool AnyModel = false, bool MixDatasets = false);
