using EcoM2F.Inference.Errors;
using NetVips;

namespace EcoM2F.Inference.Imaging;

/// <summary>Brings whatever a decoder gave to 8-bit sRGB with three bands.</summary>
/// <remarks>
/// Alpha is dropped, not composited: that is what the reference's <c>convert("RGB")</c> (Pillow) does, so the colours under
/// transparent pixels are the ones the model was trained on.
/// </remarks>
internal static class ColourConversion
{
    private const string ProfileField = "icc-profile-data";

    /// <param name="conversion">What the pixels are still to be put through; null: they are sRGB.</param>
    /// <returns>
    /// A lazy image, which the caller disposes before <paramref name="image"/>. Null: the image is that already, as most photographs are; an
    /// operation that changes nothing would take part of every row's time.
    /// </returns>
    /// <exception cref="SegmentationException">BadImage for sample types or colour spaces without a defined meaning.</exception>
    /// <exception cref="VipsException">The image cannot be read.</exception>
    public static Image? TryToSrgb(Image image, out ProfileConversion? conversion)
    {
        RequireKnownSamples(image);
        var converted = TryApplyProfile(image, out conversion);
        if (converted is null && Is8BitRgb(image) && image.Interpretation == Enums.Interpretation.Srgb)
        {
            return null;
        }

        converted ??= image.Colourspace(Enums.Interpretation.Srgb);
        if (Is8BitRgb(converted))
        {
            return converted;
        }

        using (converted)
        {
            using var colour = converted.Bands is 1 or 2 ? SpreadGrey(converted) : converted.ExtractBand(0, n: 3);
            return colour.Cast(Enums.BandFormat.Uchar);
        }
    }

    private static bool Is8BitRgb(Image image) => image is { Bands: 3, Format: Enums.BandFormat.Uchar };

    private static Image SpreadGrey(Image image)
    {
        using var grey = image.ExtractBand(0);
        return grey.Bandjoin(grey, grey);
    }

    private static void RequireKnownSamples(Image image)
    {
        var lab = image.Interpretation is Enums.Interpretation.Lab or Enums.Interpretation.Labq or Enums.Interpretation.Labs;
        if (!lab && image.Format is not (Enums.BandFormat.Uchar or Enums.BandFormat.Ushort))
        {
            throw new SegmentationException(
                SegmentationError.BadImage,
                $"The image has samples of type {image.Format}; 8-bit and 16-bit unsigned ones are supported.");
        }

        if (!lab && image.Bands > 5)
        {
            throw new SegmentationException(SegmentationError.BadImage, $"The image has {image.Bands} channels; at most 5 are supported.");
        }
    }

    /// <returns>Null where there is no profile, where it is sRGB already, where it does not fit the image, or where the conversion is all there is to do.</returns>
    private static Image? TryApplyProfile(Image image, out ProfileConversion? conversion)
    {
        conversion = null;
        if (!image.Contains(ProfileField) || image.Get(ProfileField) is not byte[] bytes)
        {
            return null;
        }

        // Most photographs embed sRGB's own profile; a transform through it would only add rounding.
        var profile = new IccProfile(bytes);
        if (!profile.ColourSpace.SequenceEqual(ColourSpaceOf(image)) || profile.IsSrgb())
        {
            return null;
        }

        // Photographs of 8 bits, Display P3 and Adobe RGB for the most part: littleCMS takes longer over one than libjpeg.
        if (image is { Format: Enums.BandFormat.Uchar, Interpretation: Enums.Interpretation.Srgb } && (conversion = profile.ToSrgb()) is not null)
        {
            return null;
        }

        try
        {
            return image.IccTransform("srgb", embedded: true, intent: Enums.Intent.Relative, depth: 8);
        }
        catch (VipsException)
        {
            // A damaged profile is ignored, and so is one of another colour space above, as browsers and Pillow do.
            return null;
        }
    }

    /// <summary>As a profile's header has it.</summary>
    private static ReadOnlySpan<byte> ColourSpaceOf(Image image) => image.Interpretation switch
    {
        Enums.Interpretation.Cmyk => "CMYK"u8,
        Enums.Interpretation.Lab or Enums.Interpretation.Labq or Enums.Interpretation.Labs => "Lab "u8,
        _ => image.Bands < 3 ? "GRAY"u8 : "RGB "u8,
    };
}
