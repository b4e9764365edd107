using EcoM2F.Compiler.Graph;
using EcoM2F.Inference.Onnx.CustomOps;

namespace EcoM2F.Compiler.Layers;

/// <summary>The sampling as one operator of our own, which reads both projections as the matrix products leave them: no grid, no transposes.</summary>
/// <param name="g">Graph.</param>
/// <param name="size">Widths of the encoder.</param>
/// <param name="spatialShapes">int64 [levels, 2]: height and width of each level.</param>
internal sealed class FusedSampling(GraphBuilder g, EncoderSize size, Value spatialShapes) : IDeformableSampling
{
    public Value Sample(Value values, Value projected) => g.Node( // [B*N, d]
        EcoM2FOperators.MSDeformAttn,
        [values, projected, spatialShapes],
        ("heads", size.Heads),
        ("levels", FeatureLevels.Count),
        ("points", IDeformableSampling.Points));
}
