using EcoM2F.Inference.Imaging;
using NetVips;

namespace EcoM2F.Inference.Tests.Plain;

/// <summary>Decoding through all of the conversions, whether or not the image needs them, into a new array.</summary>
internal static class PlainImageDecoder
{
    /// <summary>For upright images that are whole.</summary>
    /// <param name="header">As the product read it.</param>
    public static DecodedImage Decode(ReadOnlyMemory<byte> bytes, ImageHeader header, CancellationToken cancellationToken)
    {
        using var image = Image.NewFromBuffer(bytes.Span, access: Enums.Access.Sequential, failOn: Enums.FailOn.Error);
        using var colour = ToSrgb(image);
        using var upright = colour.Copy();
        using var kill = cancellationToken.Register(static state => ((Image)state!).SetKill(true), upright);
        return new DecodedImage(header.Width, header.Height, upright.WriteToMemory<byte>());
    }

    private static Image ToSrgb(Image image)
    {
        using var converted = image.Contains("icc-profile-data")
            ? image.IccTransform("srgb", embedded: true, intent: Enums.Intent.Relative, depth: 8)
            : image.Colourspace(Enums.Interpretation.Srgb);
        using var colour = converted.ExtractBand(0, n: 3);
        return colour.Cast(Enums.BandFormat.Uchar);
    }
}
