using EcoM2F.Inference.Results;

namespace EcoM2F.Cli.Segment;

/// <summary>A kind of file that a result is written as.</summary>
/// <param name="Name">As <c>--format</c> has it.</param>
/// <param name="Ending">Of the file, after the image's own stem.</param>
internal sealed record ResultFormat(string Name, string Ending, Func<SegmentationResult, ReadOnlyMemory<byte>> Encode)
{
    public static IReadOnlyList<ResultFormat> All { get; } =
    [
        new("json", ".json", static result => ResultJson.Serialize(result)),
        new("png", ".png", static result => PanopticPng.Encode(result)),
        new("overlay", ".overlay.webp", static result => Overlay.Encode(result, OverlayFormat.WebP)),
    ];

    /// <summary>Whether the format draws on the image itself.</summary>
    public bool NeedsPixels => Name == "overlay";
}
