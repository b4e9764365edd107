using Microsoft.Extensions.Primitives;

namespace EcoM2F.Serving.Http;

/// <summary>
/// The request's <c>Accept</c>, read as leniently as servers do: old clients send members that break the grammar, and still say
/// what they want in the others.
/// </summary>
/// <param name="IsAbsent">Whether there is no member at all, malformed or not: the client takes anything.</param>
/// <param name="Ranges">In the order sent, without malformed members.</param>
internal sealed record AcceptHeader(bool IsAbsent, IReadOnlyList<MediaRange> Ranges)
{
    /// <param name="lines">Several header lines are one list.</param>
    public static AcceptHeader Parse(StringValues lines)
    {
        var members = lines
            .SelectMany(static line => Split(line ?? "", ','))
            .Where(static member => !string.IsNullOrWhiteSpace(member))
            .ToList();
        return new AcceptHeader(members.Count == 0, [.. members.Select(MediaRange.TryParse).OfType<MediaRange>()]);
    }

    /// <summary>Splits at a separator outside quoted strings. A quotation mark that nothing closes is a character like any other.</summary>
    internal static List<string> Split(string text, char separator)
    {
        var parts = new List<string>();
        var start = 0;
        var quotes = true;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == separator)
            {
                parts.Add(text[start..i]);
                start = i + 1;
            }
            else if (text[i] == '"' && quotes)
            {
                var end = ClosingQuote(text, i);
                quotes = end > 0; // looked for once in vain: the rest of the text has no quoted string
                i = quotes ? end : i;
            }
        }

        parts.Add(text[start..]);
        return parts;
    }

    private static int ClosingQuote(string text, int opening)
    {
        for (var i = opening + 1; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == '"')
            {
                return i;
            }
        }

        return -1;
    }
}
