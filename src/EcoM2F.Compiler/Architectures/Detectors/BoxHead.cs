using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Layers;

namespace EcoM2F.Compiler.Architectures.Detectors;

/// <summary>What a detector says of each query: classes by one linear map, a box by three with ReLU between them.</summary>
/// <param name="ClassPrefix">Of the linear map.</param>
/// <param name="BoxPrefix">Of the three: <c>.layers.0</c> to <c>.layers.2</c> follow.</param>
/// <param name="Width">d.</param>
/// <param name="Labels">Of config.json.</param>
/// <param name="HasNoObject">Whether a column of the class logits, the last, is for "no object".</param>
internal sealed record BoxHead(string ClassPrefix, string BoxPrefix, int Width, int Labels, bool HasNoObject)
{
    private const int Coordinates = 4;

    /// <summary>Columns of the class logits.</summary>
    public int Classes => Labels + (HasNoObject ? 1 : 0);

    /// <param name="b">Graph and checkpoint.</param>
    /// <param name="x">[B*Q, d].</param>
    /// <param name="queries">Q.</param>
    /// <param name="start">[Q, 4], added to box logits; none: nothing.</param>
    /// <returns>Class logits [B, Q, Classes]; boxes [B, Q, 4] as centre x, centre y, width, height from 0 to 1 of the image.</returns>
    public (Value Classes, Value Boxes) Build(LayerBuilder b, Value x, int queries, Value start)
    {
        var g = b.Graph;
        var classes = b.Linear(x, ClassPrefix, Width, Classes);
        var hidden = g.Relu(b.Linear(x, BoxPrefix + ".layers.0", Width, Width));
        hidden = g.Relu(b.Linear(hidden, BoxPrefix + ".layers.1", Width, Width));
        var boxes = g.Reshape(b.Linear(hidden, BoxPrefix + ".layers.2", Width, Coordinates), -1, queries, Coordinates);
        if (start != Value.None)
        {
            boxes = g.Add(boxes, start);
        }

        return (g.Reshape(classes, -1, queries, Classes), g.Node("Sigmoid", [boxes]));
    }
}
