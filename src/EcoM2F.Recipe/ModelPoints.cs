using EcoM2F.Inference.Models;

namespace EcoM2F.Recipe;

/// <summary>How the points of a model are named.</summary>
internal static class ModelPoints
{
    /// <summary>As reports and options have a point: the depth alone where that is all there is to choose.</summary>
    public static string Name(ModelManifest model, GatePoint point) => model.HasPoints ? point.ToString() : FormattableString.Invariant($"{point.Depth}");
}
