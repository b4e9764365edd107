using EcoM2F.Compiler.Graph;

namespace EcoM2F.Compiler.Layers;

/// <summary>Chooses how a graph samples: by standard operators, or fused.</summary>
internal static class SamplingFlavours
{
    /// <summary>In an encoder: every token is a query, and looks from its own place.</summary>
    /// <param name="g">Graph.</param>
    /// <param name="size">Widths.</param>
    /// <param name="spatialShapes">int64 [levels, 2]: height and width of each level.</param>
    /// <param name="tokens">[B, N, d]: only its shape is used.</param>
    /// <param name="fused">Whether by our own operator.</param>
    public static IDeformableSampling OfTokens(GraphBuilder g, SamplingSize size, Value spatialShapes, Value tokens, bool fused)
    {
        if (fused)
        {
            return new FusedSampling(g, size, spatialShapes, Value.None);
        }

        var levels = new FeatureLevels(g, spatialShapes, size.Levels);
        return new PortableSampling(g, size, levels, SamplingGrid.AroundTokens(g, levels, size), (g.Shape(tokens, 0, 1), g.Shape(tokens, 1, 2)));
    }

    /// <summary>In a decoder: queries look from points of their own, the same on all levels and in all images.</summary>
    /// <param name="g">Graph.</param>
    /// <param name="size">Widths.</param>
    /// <param name="spatialShapes">int64 [levels, 2]: height and width of each level.</param>
    /// <param name="queries">Their points [Q, 2], x before y, from 0 to 1 of the image; Q; images, int64 [1].</param>
    /// <param name="fused">Whether by our own operator.</param>
    public static IDeformableSampling AroundPoints(
        GraphBuilder g, SamplingSize size, Value spatialShapes, (Value Points, int Count, Value Batch) queries, bool fused)
    {
        if (fused)
        {
            var shape = g.Concat(0, queries.Batch, g.Ints(queries.Count, size.Levels, 2));
            return new FusedSampling(g, size, spatialShapes, g.Node("Expand", [g.Reshape(queries.Points, queries.Count, 1, 2), shape]));
        }

        var levels = new FeatureLevels(g, spatialShapes, size.Levels);
        return new PortableSampling(g, size, levels, SamplingGrid.Around(g, levels, size, queries.Points), (queries.Batch, g.Ints(queries.Count)));
    }
}
