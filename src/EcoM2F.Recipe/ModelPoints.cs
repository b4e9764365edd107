using EcoM2F.Inference.Models;

namespace EcoM2F.Recipe;

/// <summary>What can be chosen of a model.</summary>
internal static class ModelPoints
{
    /// <summary>Sizes ascending, of each size the exits ascending: the order of whatever is given by point.</summary>
    public static IReadOnlyList<GatePoint> Of(ModelManifest model) => [.. model.ShortestEdges.SelectMany(size => model.Exits.Select(exit => new GatePoint(size, exit)))];

    /// <summary>The deepest exit at the own size: what agreement and savings refer to.</summary>
    public static GatePoint Reference(ModelManifest model) => new(model.OwnSize, model.MaxDepth);

    /// <summary>As reports and options have a point: SIZE/DEPTH; the depth alone where there is one size.</summary>
    public static string Name(ModelManifest model, GatePoint point) => model.HasSizes ? $"{point.Size}/{point.Depth}" : FormattableString.Invariant($"{point.Depth}");
}
