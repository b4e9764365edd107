using System.Globalization;

namespace EcoM2F.Inference.Postprocessing;

internal static class OverlayColor
{
    private static readonly (byte, byte, byte) Grey = (128, 128, 128);

    /// <param name="text"><c>#rrggbb</c>; grey stands in for anything else, a picture is not worth a failure.</param>
    public static (byte Red, byte Green, byte Blue) Parse(string? text)
    {
        if (text is not ['#', .. { Length: 6 } digits]
            || !int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            return Grey;
        }

        return ((byte)(value >> 16), (byte)(value >> 8), (byte)value);
    }
}
