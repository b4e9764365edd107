using System.Globalization;

namespace EcoM2F.Inference.Results;

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

    /// <summary>To tell the things of a class apart: the first has the colour itself, the next ones go towards white or black.</summary>
    public static (byte Red, byte Green, byte Blue) Shade((byte Red, byte Green, byte Blue) color, int ordinal)
    {
        ReadOnlySpan<int> steps = [0, 96, -80, 48, -128, 144, -40, 72]; // of 256
        var step = steps[ordinal % steps.Length];
        return (Move(color.Red, step), Move(color.Green, step), Move(color.Blue, step));

        static byte Move(byte value, int step) => (byte)(step >= 0 ? value + ((255 - value) * step / 256) : value + (value * step / 256));
    }
}
