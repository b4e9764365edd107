using EcoM2F.Inference.Models;

namespace EcoM2F.Recipe;

/// <summary>What can be chosen of a model.</summary>
internal static class ModelPoints
{
    /// <summary>Sizes ascending, of each size the exits ascending: the order of whatever is given by point.</summary>
    public static IReadOnlyList<GatePoint> Of(ModelManifest model) => model.Points;

    /// <summary>The deepest exit at the own size: what agreement and savings refer to.</summary>
    public static GatePoint Reference(ModelManifest model) => model.FullPoint;

    /// <summary>As reports and options have a point: the depth alone where that is all there is to choose.</summary>
    public static string Name(ModelManifest model, GatePoint point) => model.HasPoints ? point.ToString() : FormattableString.Invariant($"{point.Depth}");
}
