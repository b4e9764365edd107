using EcoM2F.Compiler.Graph;

namespace EcoM2F.Compiler.Layers;

/// <summary>
/// Where deformable attention samples, as far as it does not depend on the image: each query's own place and the factor of an
/// offset of one pixel, both in GridSample's -1 to 1. Laid out like the projection of the offsets, so that a layer needs one
/// multiplication and one addition over contiguous numbers. Shared by all layers of a graph.
/// </summary>
/// <param name="Base">[1, Q, heads*levels*points*2].</param>
/// <param name="Scale">[heads*levels*points*2].</param>
internal sealed record SamplingGrid(Value Base, Value Scale)
{
    /// <summary>Every token is a query and looks from the middle of its pixel.</summary>
    public static SamplingGrid AroundTokens(GraphBuilder g, FeatureLevels levels, SamplingSize size)
    {
        var places = levels.Sizes.Select(level => Places(g, level, size.Samples)).ToArray();
        return new SamplingGrid(g.Concat(1, places), Scales(g, levels, size));
    }

    /// <param name="points">[Q, 2]: where queries look from, x before y, from 0 to 1 of the image.</param>
    public static SamplingGrid Around(GraphBuilder g, FeatureLevels levels, SamplingSize size, Value points)
    {
        var places = g.Add(g.Mul(points, g.Scalar(2f)), g.Scalar(-1f));
        var ones = new float[size.Samples];
        Array.Fill(ones, 1f);
        var all = g.Mul(g.Reshape(places, 1, -1, 1, 2), g.Constant(ones, size.Samples, 1));     // [1, Q, samples, 2]
        return new SamplingGrid(g.Reshape(all, 1, -1, size.Samples * 2), Scales(g, levels, size));
    }

    private static Value Places(GraphBuilder g, Value size, int samples) // [1, h*w, samples*2]
    {
        var isX = new float[samples * 2];
        var isY = new float[samples * 2];
        for (var i = 0; i < isX.Length; i++)
        {
            isX[i] = i % 2 == 0 ? 1f : 0f;
            isY[i] = 1f - isX[i];
        }

        var y = g.Mul(Centres(g, size, 0, [-1, 1, 1]), g.Constant(isY, isY.Length)); // [h, 1, samples*2]
        var x = g.Mul(Centres(g, size, 1, [1, -1, 1]), g.Constant(isX, isX.Length)); // [1, w, samples*2]
        return g.Reshape(g.Add(y, x), 1, -1, samples * 2);
    }

    /// <summary>(i + 0.5) / n in -1 to 1.</summary>
    private static Value Centres(GraphBuilder g, Value size, int axis, long[] shape)
    {
        var count = g.ToFloat(g.Gather(size, g.Constant([(long)axis]), 0));
        var index = g.Node("Range", [g.Scalar(0.5f), count, g.Scalar(1f)]);
        var place = g.Div(index, count);
        return g.Reshape(g.Add(g.Mul(place, g.Scalar(2f)), g.Scalar(-1f)), shape);
    }

    private static Value Scales(GraphBuilder g, FeatureLevels levels, SamplingSize size)
    {
        var widthFirst = g.ToFloat(g.Gather(levels.Shapes, g.Ints(1, 0), 1));                    // [levels, 2]: width, height
        var pixel = g.Reshape(g.Div(g.Scalar(2f), widthFirst), 1, size.Levels, 1, 2);
        var ones = new float[size.Heads * size.Points];
        Array.Fill(ones, 1f);
        var all = g.Mul(pixel, g.Constant(ones, size.Heads, 1, size.Points, 1));                           // [heads, levels, points, 2]
        return g.Reshape(all, -1);
    }
}
