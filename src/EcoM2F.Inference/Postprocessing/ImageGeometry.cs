using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Postprocessing;

/// <summary>The sizes an image went through, in pixels.</summary>
/// <param name="PaddedHeight">Of the model's input, with padding at the bottom.</param>
/// <param name="PaddedWidth">Of the model's input, with padding at the right.</param>
/// <param name="ImageHeight">Of the image inside it. Images that are served are not padded: the same as the padded height.</param>
/// <param name="OriginalHeight">Of the upload, upright: the size of every result.</param>
internal sealed record ImageGeometry(int PaddedHeight, int PaddedWidth, int ImageHeight, int ImageWidth, int OriginalHeight, int OriginalWidth)
{
    /// <summary>An image that fills the model's input.</summary>
    public static ImageGeometry Of(InputSize input, int originalHeight, int originalWidth) =>
        new(input.Height, input.Width, input.Height, input.Width, originalHeight, originalWidth);
}
