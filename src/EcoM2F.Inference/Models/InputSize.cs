namespace EcoM2F.Inference.Models;

/// <summary>Pixels of the model's input for one image.</summary>
public readonly record struct InputSize(int Height, int Width)
{
    /// <summary>Stands in for an absent longest edge, so that a line of pixels cannot ask for an endless input.</summary>
    private const int DefaultAspectLimit = 4;

    /// <summary>
    /// The size that an image of <paramref name="width"/> x <paramref name="height"/> is resized to: a fixed one, or by
    /// Hugging Face's rule (<c>get_size_with_aspect_ratio</c> of transformers); then both sides up to a multiple of the divisor.
    /// </summary>
    /// <remarks>
    /// Departures, both for slivers only: no side is below one divisor (theirs can be 0), and where the longest edge caps, it is
    /// what the long side gets (theirs keeps an image as it is where its short side happens to have the capped length, and may
    /// lose a pixel to truncation). So <see cref="All"/> is finite and complete. An absent longest edge counts as four times
    /// the shortest.
    /// </remarks>
    /// <exception cref="ArgumentException">Settings that hold neither rule.</exception>
    public static InputSize For(int width, int height, PreprocessingSettings settings)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (settings is { Height: { } fixedHeight, Width: { } fixedWidth })
        {
            return Fixed(fixedHeight, fixedWidth, settings.Divisor);
        }

        var (shortest, longest) = Edges(settings);
        var minimum = (double)Math.Min(width, height);
        var maximum = (double)Math.Max(width, height);
        double shortEdge = shortest;
        var longEdge = Math.Truncate(shortest * maximum / minimum);
        if (maximum / minimum * shortest > longest)
        {
            shortEdge = Math.Round(longest * minimum / maximum, MidpointRounding.ToEven);
            longEdge = longest;
        }

        var roundedShort = RoundUp(shortEdge, settings.Divisor, longest);
        var roundedLong = RoundUp(longEdge, settings.Divisor, longest);
        return height <= width ? new InputSize(roundedShort, roundedLong) : new InputSize(roundedLong, roundedShort);
    }

    /// <summary>Every size that <see cref="For"/> can give, each once, by height and then width: a few dozen.</summary>
    /// <exception cref="ArgumentException">Settings that hold neither rule.</exception>
    public static IReadOnlyList<InputSize> All(PreprocessingSettings settings)
    {
        if (settings is { Height: { } fixedHeight, Width: { } fixedWidth })
        {
            return [Fixed(fixedHeight, fixedWidth, settings.Divisor)];
        }

        var (shortest, longest) = Edges(settings);
        var divisor = settings.Divisor;
        var top = RoundUp(longest, divisor, longest);
        var corner = RoundUp(shortest, divisor, longest);
        var sizes = new SortedSet<(int Height, int Width)>();
        for (var edge = corner; edge <= top; edge += divisor)
        {
            sizes.Add((corner, edge)); // the shortest edge decides
            sizes.Add((edge, corner));
        }

        for (var edge = divisor; edge <= corner; edge += divisor)
        {
            sizes.Add((edge, top)); // the longest edge caps
            sizes.Add((top, edge));
        }

        return [.. sizes.Select(static size => new InputSize(size.Height, size.Width))];
    }

    /// <summary>The edges of a size that keeps proportions, in pixels.</summary>
    /// <exception cref="ArgumentException">Settings of a fixed size.</exception>
    internal static (int Shortest, int Longest) Edges(PreprocessingSettings settings)
    {
        if (settings.ShortestEdge is not { } shortest)
        {
            throw new ArgumentException("Preprocessing needs shortest_edge, or height and width.", nameof(settings));
        }

        return (shortest, Math.Max(shortest, settings.LongestEdge ?? (shortest * DefaultAspectLimit)));
    }

    /// <summary>Graphs take multiples of the divisor only: 500 becomes 512, as Hugging Face's image processors resize.</summary>
    private static InputSize Fixed(int height, int width, int divisor) => new(RoundUp(height, divisor, height), RoundUp(width, divisor, width));

    private static int RoundUp(double edge, int divisor, int longest)
    {
        var limit = (longest + divisor - 1) / divisor * divisor;
        return Math.Clamp((int)Math.Ceiling(Math.Min(edge, limit) / divisor) * divisor, divisor, limit);
    }
}
