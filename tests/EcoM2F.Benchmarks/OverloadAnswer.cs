using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace EcoM2F.Benchmarks;

/// <summary>One request's end as its client saw it.</summary>
/// <param name="Latency">From the moment it should have been sent to the last byte of its answer.</param>
/// <param name="Depth">Encoder layers; 0 where there is no result.</param>
/// <param name="Size">Shortest edge of the model's input; 0 where there is no result.</param>
internal sealed partial record OverloadAnswer(HttpStatusCode Status, TimeSpan Latency, int Depth, int Size)
{
    public static OverloadAnswer Of(HttpResponseMessage response, TimeSpan latency)
    {
        var used = response.Headers.TryGetValues("Compute-Used", out var values) ? string.Join(", ", values) : "";
        return new OverloadAnswer(response.StatusCode, latency, Number(Depths().Match(used)), Number(Sizes().Match(used)));
    }

    private static int Number(Match match) => match.Success ? int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"\bdepth=([0-9]+)")]
    private static partial Regex Depths();

    [GeneratedRegex(@"(?<!-)\bsize=([0-9]+)")]
    private static partial Regex Sizes();
}
