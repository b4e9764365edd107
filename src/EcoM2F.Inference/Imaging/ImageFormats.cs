namespace EcoM2F.Inference.Imaging;

/// <summary>
/// The one list of formats that are decoded and of their file extensions. What a request or an explicitly named file holds is
/// told by its bytes (<see cref="ImageSignature"/>); only where a folder is listed do extensions choose files.
/// </summary>
public static class ImageFormats
{
    /// <summary>One entry for each <see cref="ImageFormat"/>.</summary>
    internal static IReadOnlyList<ServedFormat> All { get; } =
    [
        new(ImageFormat.Jpeg, "JPEG", [".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".pjpeg", ".pjp", ".mpo"]),
        new(ImageFormat.Png, "PNG", [".png", ".apng"]),
        new(ImageFormat.WebP, "WebP", [".webp"]),
        new(ImageFormat.Gif, "GIF", [".gif"]),
        new(ImageFormat.Tiff, "TIFF", [".tif", ".tiff"]),

        // AVIF's container is HEIF, so any of these may hold AV1; one that does not is refused by name when it is read.
        new(ImageFormat.Heif, "AVIF", [".avif", ".avifs", ".heif", ".heic", ".hif"]),
    ];

    /// <summary>The formats as error messages list them.</summary>
    public static string Names { get; } = $"{string.Join(", ", All.SkipLast(1).Select(static format => format.Name))} or {All[^1].Name}";

    /// <summary>Every extension, in the order of <see cref="All"/>.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [.. All.SelectMany(static format => format.Extensions)];

    /// <summary>Whether a file's name ends as one of the formats does; upper and lower case are the same.</summary>
    public static bool HasExtension(string fileName) => Extensions.Contains(Path.GetExtension(fileName), StringComparer.OrdinalIgnoreCase);

    /// <summary>As messages name the format.</summary>
    internal static string ToName(this ImageFormat format) => All.First(served => served.Format == format).Name;
}
