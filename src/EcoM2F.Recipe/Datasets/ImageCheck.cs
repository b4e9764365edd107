using System.Security.Cryptography;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Imaging;

namespace EcoM2F.Recipe.Datasets;

/// <summary>Whether an image file is there and of the kind and size that is expected; its pixels are not decoded.</summary>
internal static class ImageCheck
{
    private static readonly ImageLimits Limits = new();

    /// <param name="entry">What refers to the image, for messages.</param>
    /// <returns>What the header says, and the hash of the file.</returns>
    public static (ImageHeader Header, byte[] Hash) Read(string path, Entry entry)
    {
        try
        {
            var bytes = File.ReadAllBytes(path);
            return (ImageDecoder.ReadHeader(bytes, Limits), SHA256.HashData(bytes));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw entry.Error($"there is no image {path}");
        }
        catch (Exception exception) when (exception is SegmentationException or IOException or UnauthorizedAccessException)
        {
            throw entry.Error($"{path} cannot be read: {exception.Message.TrimEnd('.')}");
        }
    }

    /// <summary>
    /// What to say where a truth fits the file as it is stored and not the image as it is shown. Boxes and masks in that frame would be
    /// compared with predictions in the other.
    /// </summary>
    public static string RotationHint(ImageHeader header, int width, int height) => header.IsTurned && width == header.Height && height == header.Width
        ? " after the rotation that its EXIF orientation asks for; store the image rotated, without that tag, or annotate it as it is shown"
        : "";

    /// <returns>The hash of the file.</returns>
    public static byte[] Read(string path, ListedImage listed)
    {
        var (header, hash) = Read(path, listed.Entry);
        return header.Width == listed.Width && header.Height == listed.Height
            ? hash
            : throw listed.Entry.Error($"'width' and 'height' are {listed.Width} and {listed.Height}, and {path} has {header.Width} x {header.Height} pixels{RotationHint(header, listed.Width, listed.Height)}");
    }
}
