namespace EcoM2F.Recipe.Evaluation;

/// <summary>An image at two exits, or at two sizes, as pictures.</summary>
/// <param name="Image">Name in the set.</param>
/// <param name="Photo">WebP.</param>
public sealed record DepthExample(string Image, byte[] Photo, ExampleMasks Shallow, ExampleMasks Deep);

/// <param name="Name">What it was measured at, such as <c>depth 6</c>.</param>
/// <param name="Quality">The image's own, a fraction.</param>
/// <param name="Picture">The image with its masks, WebP.</param>
public sealed record ExampleMasks(string Name, double Quality, byte[] Picture);
