using System.Globalization;

namespace EcoM2F.Compiler;

/// <summary>A list of decoder exits as the command line has it: 3,6,9.</summary>
internal static class DecoderExitList
{
    /// <param name="text">Decoder layers in any order; all of them need not be named. Null: no list.</param>
    /// <param name="layers">After which the decoder may stop, ascending; null where it may not.</param>
    /// <returns>Ascending, the whole decoder last; null where there is no list, or nothing on it but the whole decoder.</returns>
    /// <exception cref="CompileException">Says what is wrong and what is allowed.</exception>
    public static IReadOnlyList<int>? Parse(string? text, IReadOnlyList<int>? layers)
    {
        if (text is null)
        {
            return null;
        }

        if (layers is null)
        {
            throw new CompileException("Decoder exits are for Mask2Former, whose decoder is trained with a loss after every layer; this checkpoint is a detector.");
        }

        var exits = new SortedSet<int> { layers[^1] };
        foreach (var word in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var exit) || !layers.Contains(exit))
            {
                throw new CompileException($"The list of decoder exits has '{(word.Length <= 40 ? word : word[..40] + "...")}'; allowed are decoder layers from {layers[0]} to {layers[^1]}.");
            }

            exits.Add(exit);
        }

        return exits.Count == 1 ? null : [.. exits];
    }
}
