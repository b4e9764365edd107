using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Compute;

/// <summary>What an image's times depend on, apart from the depth.</summary>
/// <param name="Input">Pixels of the model's input.</param>
/// <param name="ImagePixels">Number of pixels of the uploaded image.</param>
/// <param name="Tasks">Tasks that masks are made for.</param>
/// <param name="MaskPixels">Number of pixels that masks are made at; null: as many as the image has.</param>
/// <param name="EveryPixel">Whether masks are made without leaving out what is known beforehand, as confidences need it.</param>
internal readonly record struct LatencyKey(InputSize Input, long ImagePixels, SegmentationTasks Tasks, long? MaskPixels = null, bool EveryPixel = false);
