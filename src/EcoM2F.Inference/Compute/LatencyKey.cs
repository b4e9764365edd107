using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Compute;

/// <summary>What an image's times depend on, its point's depth apart.</summary>
/// <param name="Input">Pixels of the model's input.</param>
/// <param name="ImagePixels">Of the image as it was uploaded.</param>
/// <param name="Tasks">What masks are made for.</param>
internal readonly record struct LatencyKey(InputSize Input, long ImagePixels, SegmentationTasks Tasks);
