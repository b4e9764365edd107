using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Postprocessing;

/// <summary>The sizes an image went through, in pixels. The image fills the model's input: nothing is padded.</summary>
/// <param name="Input">Of the model's input.</param>
/// <param name="Height">Of every result: the upload's, upright, unless masks are to have another (<see cref="MaskSize"/>).</param>
/// <param name="Width">As <paramref name="Height"/>.</param>
internal sealed record ImageGeometry(InputSize Input, int Height, int Width);
