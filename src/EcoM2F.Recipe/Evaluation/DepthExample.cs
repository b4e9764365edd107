namespace EcoM2F.Recipe.Evaluation;

/// <summary>An image at two exits, as pictures.</summary>
/// <param name="Image">Name in the set.</param>
/// <param name="Photo">WebP.</param>
public sealed record DepthExample(string Image, byte[] Photo, ExampleMasks Shallow, ExampleMasks Deep);

/// <param name="Quality">The image's own, a fraction.</param>
/// <param name="Picture">The image with its masks, WebP.</param>
public sealed record ExampleMasks(int Depth, double Quality, byte[] Picture);
