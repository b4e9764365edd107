using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Imaging;
using EcoM2F.Recipe.Datasets;

namespace EcoM2F.Recipe.Derive;

/// <summary>Reads a set's image files; what is wrong names the file.</summary>
internal static class ImageBytes
{
    private static readonly ImageLimits Limits = new();

    /// <exception cref="RecipeException">The file cannot be read.</exception>
    public static byte[] Read(DatasetImage image)
    {
        try
        {
            return File.ReadAllBytes(image.Path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(image, exception);
        }
    }

    /// <summary>Pixels, upright.</summary>
    /// <exception cref="RecipeException">The file cannot be read or decoded.</exception>
    public static DecodedImage Decode(DatasetImage image, CancellationToken cancellationToken)
    {
        try
        {
            return ImageDecoder.Decode(Read(image), Limits, cancellationToken);
        }
        catch (SegmentationException exception)
        {
            throw Unreadable(image, exception);
        }
    }

    /// <summary>Decodes every image: one that is cut off, which no header tells, is found before hours of work and not after them.</summary>
    /// <exception cref="RecipeException">Some cannot be decoded; the message names them.</exception>
    public static void CheckAll(IReadOnlyList<DatasetImage> images, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken) =>
        EntryWork.ForAll(
            images,
            image =>
            {
                using var decoded = Decode(image, cancellationToken);
                return decoded.Height;
            },
            progress,
            cancellationToken);

    public static RecipeException Unreadable(DatasetImage image, Exception reason) =>
        new($"{image.Path} cannot be read: {reason.Message}", reason);
}
