namespace EcoM2F.Inference.Imaging;

/// <summary>A format that is decoded.</summary>
/// <param name="Name">As messages have it.</param>
/// <param name="Extensions">File extensions in use for it, lower-case, with the dot.</param>
internal sealed record ServedFormat(ImageFormat Format, string Name, IReadOnlyList<string> Extensions);
