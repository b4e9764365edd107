using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Models;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace EcoM2F.Serving.Http;

/// <summary>
/// RFC 9110, section 12.5.1: each format has the quality of the most specific range that matches it; the best one that fits
/// the tasks wins. Between equals the more specific range goes first, then what the client wrote first, then our own order.
/// </summary>
internal static class AcceptNegotiation
{
    private const string OneMapRule = "image/png and multipart/mixed need exactly one of the tasks panoptic and semantic";

    /// <exception cref="SegmentationException"><see cref="SegmentationError.UnsupportedOutput"/>.</exception>
    public static ResponseFormat Choose(StringValues accept, SegmentationTasks tasks)
    {
        var lines = accept.Where(static line => !string.IsNullOrWhiteSpace(line)).Select(static line => line!).ToList();
        if (lines.Count == 0)
        {
            return ResponseFormat.Json;
        }

        if (!MediaTypeHeaderValue.TryParseStrictList(lines, out var ranges))
        {
            throw NotAcceptable("Accept is no list of media types.");
        }

        var acceptable = Enum.GetValues<ResponseFormat>()
            .Select(format => Rank(format, ranges))
            .Where(static ranked => ranked.Quality > 0)
            .OrderByDescending(static ranked => ranked.Quality)
            .ThenByDescending(static ranked => ranked.Specificity)
            .ThenBy(static ranked => ranked.Position)
            .Select(static ranked => ranked.Format)
            .ToList();
        if (acceptable.Count == 0)
        {
            throw NotAcceptable("Accept allows none of the media types that there are.");
        }

        var fitting = acceptable.Where(format => Fits(format, tasks)).ToList();
        return fitting.Count > 0 ? fitting[0] : throw NotAcceptable($"{OneMapRule}.");
    }

    private static (ResponseFormat Format, double Quality, int Specificity, int Position) Rank(
        ResponseFormat format, IList<MediaTypeHeaderValue> ranges)
    {
        var best = (Format: format, Quality: 0.0, Specificity: 0, Position: 0);
        for (var position = 0; position < ranges.Count; position++)
        {
            var specificity = Specificity(ranges[position], format.MediaType());
            if (specificity > best.Specificity)
            {
                best = (format, ranges[position].Quality ?? 1, specificity, position);
            }
        }

        return best;
    }

    // 3: type/subtype, 2: type/*, 1: */*, 0: no match. Parameters other than q (charset, boundary) do not matter to us.
    private static int Specificity(MediaTypeHeaderValue range, string mediaType)
    {
        if (range.MatchesAllTypes)
        {
            return 1;
        }

        var slash = mediaType.IndexOf('/', StringComparison.Ordinal);
        if (!range.Type.Equals(mediaType[..slash], StringComparison.OrdinalIgnoreCase))
        {
            return 0;
        }

        return range.MatchesAllSubTypes ? 2
            : range.SubType.Equals(mediaType[(slash + 1)..], StringComparison.OrdinalIgnoreCase) ? 3
            : 0;
    }

    private static bool Fits(ResponseFormat format, SegmentationTasks tasks) =>
        format is not (ResponseFormat.Png or ResponseFormat.Multipart)
        || tasks.HasFlag(SegmentationTasks.Panoptic) != tasks.HasFlag(SegmentationTasks.Semantic);

    private static SegmentationException NotAcceptable(string detail) =>
        new(SegmentationError.UnsupportedOutput, $"{detail} There are {ResponseFormats.AllowedText}.", "Accept");
}
