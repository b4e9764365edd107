using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Compute;

/// <summary>What the planner chooses for an image. A further dimension to choose would be a further member here.</summary>
/// <param name="Size">Shortest edge of the model's size, in pixels: one of <see cref="ModelManifest.ShortestEdges"/>.</param>
/// <param name="Input">Pixels of the model's input: what that size gives for the image.</param>
/// <param name="Depth">Encoder layers: one of the model's exits.</param>
public readonly record struct ComputePoint(int Size, InputSize Input, int Depth);
