namespace EcoM2F.Recipe.Metrics;

/// <summary>The settings of pycocotools' COCOeval for masks and boxes, which the twelve numbers are defined by.</summary>
internal static class CocoParameters
{
    public const int Areas = 4;
    public const int All = 0;
    public const int Small = 1;
    public const int Medium = 2;
    public const int Large = 3;

    /// <summary>Detections of a class and image that count at all.</summary>
    public const int MaxDetections = 100;

    /// <summary>0.50 to 0.95; computed as numpy's linspace does, to the last bit.</summary>
    public static double[] Thresholds { get; } = Linspace(0.5, 0.95, 10);

    public static double[] Recalls { get; } = Linspace(0, 1, 101);

    /// <summary>Whether an object is outside a range; both ends belong to it.</summary>
    public static bool IsOutside(int area, double pixels) => area switch
    {
        All => pixels is < 0 or > 1e10,
        Small => pixels is < 0 or > 32 * 32,
        Medium => pixels is < 32 * 32 or > 96 * 96,
        _ => pixels is < 96 * 96 or > 1e10,
    };

    /// <summary>Where an area range and a threshold stand in <see cref="MatchedDetection"/>.</summary>
    public static ulong Bit(int area, int threshold) => 1UL << ((area * 10) + threshold);

    private static double[] Linspace(double first, double last, int count)
    {
        var step = (last - first) / (count - 1);
        var values = new double[count];
        for (var i = 0; i < count; i++)
        {
            values[i] = (i * step) + first;
        }

        values[^1] = last;
        return values;
    }
}
