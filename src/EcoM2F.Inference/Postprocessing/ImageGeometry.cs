using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Postprocessing;

/// <summary>The sizes an image went through, in pixels. The image fills the model's input: nothing is padded.</summary>
/// <param name="Input">Of the model's input.</param>
/// <param name="OriginalHeight">Of the upload, upright: the size of every result.</param>
/// <param name="OriginalWidth">Of the upload, upright: the size of every result.</param>
internal sealed record ImageGeometry(InputSize Input, int OriginalHeight, int OriginalWidth);
