namespace EcoM2F.Inference.Models;

/// <summary>What must hold of a model's sizes.</summary>
public static class SizeRules
{
    /// <summary>Pixels of an edge.</summary>
    public const int MinEdge = 32;

    /// <inheritdoc cref="MinEdge"/>
    public const int MaxEdge = 8192;

    /// <summary>A model's own size; null: its height and width are fixed.</summary>
    public static ModelSize? Own(PreprocessingSettings settings)
    {
        if (settings.ShortestEdge is null)
        {
            return null;
        }

        var (shortest, longest) = InputSize.Edges(settings);
        return new ModelSize(shortest, longest);
    }

    /// <param name="settings">The resizing rule of the model's own size.</param>
    /// <returns>What is wrong, as the end of a sentence that begins with the list's name; null: nothing.</returns>
    public static string? FindFault(IReadOnlyList<ModelSize> sizes, PreprocessingSettings settings)
    {
        if (Own(settings) is not { } own)
        {
            return "cannot be chosen for a model of a fixed height and width; its preprocessing needs shortest_edge";
        }

        if (sizes.Count == 0)
        {
            return "is empty; leave it out for the model's own size alone";
        }

        if (sizes.FirstOrDefault(static size => size.ShortestEdge < MinEdge || size.LongestEdge > MaxEdge || size.LongestEdge < size.ShortestEdge) is { } outside)
        {
            return $"holds {outside}; edges are from {MinEdge} to {MaxEdge} pixels, the longest not below the shortest";
        }

        foreach (var (smaller, larger) in sizes.Zip(sizes.Skip(1)))
        {
            if (smaller.ShortestEdge >= larger.ShortestEdge)
            {
                return $"must be ascending; {larger} follows {smaller}";
            }

            if (RoundedUp(smaller) == RoundedUp(larger))
            {
                return $"holds {smaller} and {larger}, which are both {RoundedUp(smaller)} pixels once rounded up to a multiple of {settings.Divisor}";
            }
        }

        return sizes.Contains(own) ? null : $"lacks the model's own size, {own}";

        int RoundedUp(ModelSize size) => (size.ShortestEdge + settings.Divisor - 1) / settings.Divisor * settings.Divisor;
    }
}
