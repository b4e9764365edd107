using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Models;
using Microsoft.Extensions.Primitives;

namespace EcoM2F.Serving.Http;

/// <summary>
/// Chooses the answer's format. Each format has the weight of the most specific range that matches it (RFC 9110, section 12.5.1);
/// of ranges that are equally specific, the highest weight. Then:
/// (1) where JSON is acceptable through a wildcard, it is the answer: the default headers of many clients, which want
/// data, name image types beside the wildcard;
/// (2) where <c>application/json</c> itself is named, another format needs a higher weight than it;
/// (3) the other formats that fit the tasks go by weight, then by how specific their range is, then by the order in which they are
/// named, then by our own.
/// </summary>
internal static class AcceptNegotiation
{
    private const int Named = 3;
    private const string OneMapRule = "image/png and multipart/mixed need exactly one of the tasks panoptic and semantic";

    /// <exception cref="SegmentationException"><see cref="SegmentationError.UnsupportedOutput"/>.</exception>
    public static ResponseFormat Choose(StringValues accept, SegmentationTasks tasks)
    {
        var header = AcceptHeader.Parse(accept);
        if (header.IsAbsent)
        {
            return ResponseFormat.Json;
        }

        var acceptable = Enum.GetValues<ResponseFormat>()
            .Select(format => Offer.Of(format, header.Ranges))
            .Where(static offer => offer.Weight > 0)
            .ToList();
        if (acceptable.Count == 0)
        {
            throw NotAcceptable("Accept allows no media type that the service can answer with");
        }

        var json = acceptable.Find(static offer => offer.Format == ResponseFormat.Json);
        if (json is { Specificity: < Named })
        {
            return ResponseFormat.Json;
        }

        var better = acceptable
            .Where(offer => offer.Weight > (json?.Weight ?? 0) && Fits(offer.Format, tasks))
            .OrderByDescending(static offer => offer.Weight)
            .ThenByDescending(static offer => offer.Specificity)
            .ThenBy(static offer => offer.Position)
            .FirstOrDefault();
        return better?.Format ?? json?.Format ?? throw NotAcceptable(OneMapRule);
    }

    private static bool Fits(ResponseFormat format, SegmentationTasks tasks) =>
        format is not (ResponseFormat.Png or ResponseFormat.Multipart)
        || tasks.HasFlag(SegmentationTasks.Panoptic) != tasks.HasFlag(SegmentationTasks.Semantic);

    private static SegmentationException NotAcceptable(string reason) =>
        new(SegmentationError.UnsupportedOutput, $"{reason}. Allowed are {ResponseFormats.AllowedText}.", "Accept");

    /// <param name="Position">Of the range that matches, in the header.</param>
    private sealed record Offer(ResponseFormat Format, double Weight, int Specificity, int Position)
    {
        public static Offer Of(ResponseFormat format, IReadOnlyList<MediaRange> ranges)
        {
            var best = new Offer(format, 0, 0, 0);
            for (var position = 0; position < ranges.Count; position++)
            {
                var (specificity, weight) = (ranges[position].Specificity(format.MediaType()), ranges[position].Weight);
                if (specificity > best.Specificity || (specificity > 0 && specificity == best.Specificity && weight > best.Weight))
                {
                    best = new Offer(format, weight, specificity, position);
                }
            }

            return best;
        }
    }
}
