using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace EcoM2F.Benchmarks.Load;

/// <summary>One request's end as its client saw it.</summary>
/// <param name="Photo">Index of the photo.</param>
/// <param name="Due">When it was sent, from the start of the run.</param>
/// <param name="Latency">From that moment to the last byte of its answer.</param>
/// <param name="Depth">Encoder layers; 0 where there is no result.</param>
/// <param name="Size">Shortest edge of the model's input; 0 where there is no result, or the model has one size.</param>
internal sealed partial record OverloadAnswer(int Photo, TimeSpan Due, HttpStatusCode Status, TimeSpan Latency, int Depth, int Size)
{
    public bool IsServed => Status == HttpStatusCode.OK;

    public static OverloadAnswer Of(int photo, TimeSpan due, HttpResponseMessage response, TimeSpan latency)
    {
        var used = response.Headers.TryGetValues("Compute-Used", out var values) ? string.Join(", ", values) : "";
        return new OverloadAnswer(photo, due, response.StatusCode, latency, Number(Depths().Match(used)), Number(Sizes().Match(used)));
    }

    private static int Number(Match match) => match.Success ? int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"\bdepth=([0-9]+)")]
    private static partial Regex Depths();

    [GeneratedRegex(@"(?<!-)\bsize=([0-9]+)")]
    private static partial Regex Sizes();
}
