namespace EcoM2F.Serving.Http;

/// <summary>The shapes that a result can take.</summary>
internal enum ResponseFormat
{
    /// <summary>COCO segments_info with RLE.</summary>
    Json,

    /// <summary>COCO panoptic ids.</summary>
    Png,

    /// <summary>JSON, then PNG, then confidences where they are asked for.</summary>
    Multipart,

    /// <summary>Overlay to look at.</summary>
    WebP,

    /// <summary>Overlay to look at.</summary>
    Jpeg,
}

internal static class ResponseFormats
{
    /// <summary>In the order of the enum, which is also the service's own preference.</summary>
    public static IReadOnlyList<string> MediaTypes { get; } =
        ["application/json", "image/png", "multipart/mixed", "image/webp", "image/jpeg"];

    public static string AllowedText { get; } = string.Join(", ", MediaTypes);

    public static string MediaType(this ResponseFormat format) => MediaTypes[(int)format];
}
