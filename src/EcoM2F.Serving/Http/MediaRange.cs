using System.Buffers;
using System.Globalization;

namespace EcoM2F.Serving.Http;

/// <summary>One member of <c>Accept</c>: which media types it names, and how much the client wants them (RFC 9110, section 12.5.1).</summary>
/// <param name="Type">Such as <c>image</c>; <c>*</c> for any.</param>
/// <param name="Subtype">Such as <c>png</c>; <c>*</c> for any.</param>
/// <param name="Weight">0 (not acceptable) to 1.</param>
internal readonly record struct MediaRange(string Type, string Subtype, double Weight)
{
    private const string Any = "*";

    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    /// <param name="member">Without the commas around it. A lone <c>*</c>, as Java before 17 sends it, reads as <c>*/*</c>.</param>
    /// <returns>Null where it is malformed: no media range, or a weight that is not a number from 0 to 1.</returns>
    public static MediaRange? TryParse(string member)
    {
        var parts = AcceptHeader.Split(member, ';');
        var range = parts[0].Trim();
        var slash = range.IndexOf('/', StringComparison.Ordinal);
        var (type, subtype) = range == Any ? (Any, Any) : slash < 0 ? ("", "") : (range[..slash], range[(slash + 1)..]);
        return IsToken(type) && IsToken(subtype) && (type != Any || subtype == Any) && Weigh(parts) is { } weight
            ? new MediaRange(type, subtype, weight)
            : null;
    }

    /// <returns>3: named itself; 2: as any subtype; 1: as any type; 0: not at all. Parameters such as charset do not matter.</returns>
    public int Specificity(string mediaType)
    {
        if (Type == Any)
        {
            return 1;
        }

        var slash = mediaType.IndexOf('/', StringComparison.Ordinal);
        if (!mediaType.AsSpan(0, slash).Equals(Type, StringComparison.OrdinalIgnoreCase))
        {
            return 0;
        }

        return Subtype == Any ? 2
            : mediaType.AsSpan(slash + 1).Equals(Subtype, StringComparison.OrdinalIgnoreCase) ? 3
            : 0;
    }

    private static bool IsToken(string text) => text.Length > 0 && !text.AsSpan().ContainsAnyExcept(TokenCharacters);

    // As old clients write it, too: RFC 9110 wants a digit before the point.
    private static double? Weigh(List<string> parts)
    {
        foreach (var part in parts.Skip(1))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0 || !part.AsSpan(0, equals).Trim().Equals("q", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            return double.TryParse(part.AsSpan(equals + 1).Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var weight) && weight is >= 0 and <= 1
                ? weight
                : null;
        }

        return 1;
    }
}
