using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Compute;

/// <summary>What the planner chooses for an image.</summary>
/// <param name="Size">Shortest edge of the model's size, in pixels: one of <see cref="ModelManifest.ShortestEdges"/>.</param>
/// <param name="Input">Pixels of the model's input: what that size gives for the image.</param>
/// <param name="Depth">Encoder layers: one of the model's exits.</param>
/// <param name="DecoderDepth">Decoder layers: one of the model's decoder exits; null where the model has none, and runs its whole decoder.</param>
public readonly record struct ComputePoint(int Size, InputSize Input, int Depth, int? DecoderDepth = null)
{
    /// <summary>The point without the image: what gates and derived rows name.</summary>
    public GatePoint Key => new(Size, Depth, DecoderDepth);
}
