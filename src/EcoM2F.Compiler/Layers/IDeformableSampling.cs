using EcoM2F.Compiler.Graph;

namespace EcoM2F.Compiler.Layers;

/// <summary>What lies between the projections of deformable attention: softmax, places, bilinear samples. One for all layers of a graph.</summary>
internal interface IDeformableSampling
{
    SamplingSize Size { get; }

    /// <param name="values">[B*N, d].</param>
    /// <param name="projected">[B*Q, 3 * heads * levels * points]: offsets in pixels (heads, levels, points, x before y), then the logits of the weights.</param>
    Value Sample(Value values, Value projected); // [B*Q, d]
}
