using EcoM2F.Compiler.Graph;
using EcoM2F.Inference.Onnx.CustomOps;

namespace EcoM2F.Compiler.Layers;

/// <summary>The sampling as one operator of our own, which reads both projections as the matrix products leave them: no grid, no transposes.</summary>
/// <param name="g">Graph.</param>
/// <param name="size">Widths.</param>
/// <param name="spatialShapes">int64 [levels, 2]: height and width of each level.</param>
/// <param name="points">[B, Q, levels, 2]: where queries look from, x before y, from 0 to 1 of the image; none: every token is a query.</param>
internal sealed class FusedSampling(GraphBuilder g, SamplingSize size, Value spatialShapes, Value points) : IDeformableSampling
{
    public SamplingSize Size => size;

    public Value Sample(Value values, Value projected) => g.Node( // [B*Q, d]
        EcoM2FOperators.MSDeformAttn,
        points == Value.None ? [values, projected, spatialShapes] : [values, projected, spatialShapes, points],
        ("heads", size.Heads),
        ("levels", size.Levels),
        ("points", size.Points));
}
