namespace EcoM2F.Recipe.Gates;

/// <summary>What a gate is worth on a data set that nothing of it was trained on, at one price: trained on the others, with its own penalty and sharing.</summary>
/// <param name="Set">Index of the set.</param>
/// <param name="Images">How many it has.</param>
/// <param name="Unguarded">The gate's own choices.</param>
/// <param name="Guarded">With the guard that the other sets give; null for a gate without one.</param>
/// <param name="Fixed">The fixed point that the other sets would choose at the price.</param>
/// <param name="FixedPoint">Its index.</param>
/// <param name="Fallbacks">How many images the guard takes from the gate.</param>
public sealed record LeftOutSet(int Set, int Images, PolicyScore Unguarded, PolicyScore? Guarded, PolicyScore Fixed, int FixedPoint, int Fallbacks);
