namespace EcoM2F.Inference.Imaging;

/// <summary>An image as the model's reference sees it: upright, sRGB, 8 bits, without alpha. Managed memory only.</summary>
/// <param name="Pixels">[Height, Width, 3], RGB, row by row; exactly 3 * Height * Width bytes.</param>
public sealed record DecodedImage(int Width, int Height, byte[] Pixels);
