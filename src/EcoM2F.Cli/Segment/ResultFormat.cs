using EcoM2F.Inference.Results;

namespace EcoM2F.Cli.Segment;

/// <summary>A kind of file that an image's result is written as.</summary>
/// <param name="Name">As <c>--format</c> has it.</param>
/// <param name="Folder">Below the output folder; empty: the output folder itself.</param>
/// <param name="Ending">Of the file, after the image's own stem.</param>
internal sealed record ResultFormat(string Name, string Folder, string Ending, Func<SegmentationResult, ReadOnlyMemory<byte>> Encode)
{
    public static ResultFormat Json { get; } = new("json", "", ".json", static result => ResultJson.Serialize(result));

    public static ResultFormat Png { get; } = new("png", "", ".png", static result => PanopticPng.Encode(result));

    public static ResultFormat Overlay { get; } = new("overlay", "", ".overlay.webp", static result => Inference.Results.Overlay.Encode(result, OverlayFormat.WebP));

    /// <summary>Beside <see cref="Png"/>, where it is asked for.</summary>
    public static ResultFormat Confidence { get; } = new("confidence", "", ".confidence.png", static result => ConfidencePng.Encode(result));

    /// <summary>Those that are nothing but files of each image.</summary>
    public static IReadOnlyList<ResultFormat> All { get; } = [Json, Png, Overlay];

    /// <summary>Whether the format draws on the image itself.</summary>
    public bool NeedsPixels => this == Overlay;

    /// <summary>The file of an image's result.</summary>
    public string Target(string output, ImageFile image) => Path.Combine(output, Folder, image.Stem + Ending);
}
