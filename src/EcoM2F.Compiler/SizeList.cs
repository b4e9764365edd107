using System.Globalization;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler;

/// <summary>A list of a model's sizes as the command line has it: 192:288,256:384,320,384:512.</summary>
public static class SizeList
{
    /// <summary>Of a longest edge that follows from the own size's proportion, in pixels.</summary>
    private const int Step = 32;

    /// <param name="text">
    /// Shortest edges, or shortest:longest, in any order; a longest edge that is left out is in the own size's proportion, rounded up to a multiple
    /// of 32. The own size need not be named.
    /// </param>
    /// <param name="settings">The resizing rule of the model's own size.</param>
    /// <returns>Ascending; null where the own size is the only one.</returns>
    /// <exception cref="CompileException">Says what is wrong and what is allowed.</exception>
    public static IReadOnlyList<ModelSize>? Parse(string text, PreprocessingSettings settings)
    {
        var own = SizeRules.Own(settings)
            ?? throw new CompileException("Sizes cannot be chosen for a model of a fixed height and width; its preprocessing needs shortest_edge.");
        var sizes = text.Split(',', StringSplitOptions.TrimEntries).Select(word => ParseOne(word, own)).ToList();
        if (sizes.GroupBy(static size => size.ShortestEdge).FirstOrDefault(static group => group.Count() > 1) is { } repeated)
        {
            throw new CompileException($"The list of sizes has {repeated.Key} more than once.");
        }

        if (sizes.Find(size => size.ShortestEdge == own.ShortestEdge && size != own) is { } other)
        {
            throw new CompileException($"The list of sizes has {other}, but the model's own size is {own}: it stays as it is.");
        }

        List<ModelSize> all = [.. sizes.Append(own).Distinct().OrderBy(static size => size.ShortestEdge)];
        return SizeRules.FindFault(all, settings) is { } fault ? throw new CompileException($"The list of sizes {fault}.")
            : all.Count == 1 ? null : all;
    }

    private static ModelSize ParseOne(string word, ModelSize own)
    {
        var parts = word.Split(':');
        if (parts.Length > 2 || Edge(parts[0]) is not { } shortest)
        {
            throw Bad(word);
        }

        var longest = parts.Length == 2 ? Edge(parts[1]) ?? throw Bad(word)
            : shortest == own.ShortestEdge ? own.LongestEdge
            : (int)Math.Min(SizeRules.MaxEdge, ((((long)shortest * own.LongestEdge) + ((long)own.ShortestEdge * Step) - 1) / ((long)own.ShortestEdge * Step)) * Step);
        return longest >= shortest ? new ModelSize(shortest, longest) : throw Bad(word);
    }

    private static int? Edge(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var edge) && edge is >= SizeRules.MinEdge and <= SizeRules.MaxEdge ? edge : null;

    private static CompileException Bad(string word) => new(
        $"The list of sizes has '{(word.Length <= 40 ? word : word[..40] + "...")}'; a size is a shortest edge, or shortest:longest, from {SizeRules.MinEdge} to {SizeRules.MaxEdge} pixels, the longest not below the shortest: 192:288,256:384,320.");
}
