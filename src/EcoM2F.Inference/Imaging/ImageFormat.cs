namespace EcoM2F.Inference.Imaging;

/// <summary>Image containers that are served. Which one a body is, <see cref="ImageSignature"/> tells from its bytes; names and file extensions are in <see cref="ImageFormats"/>.</summary>
public enum ImageFormat
{
    Jpeg,
    Png,
    WebP,
    Gif,
    Tiff,

    /// <summary>AVIF and HEIF share a container; whether a file's codec can be decoded, the native library decides.</summary>
    Heif,
}
