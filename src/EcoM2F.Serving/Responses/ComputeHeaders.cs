using System.Globalization;
using System.Text;
using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Results;

namespace EcoM2F.Serving.Responses;

/// <summary>The two headers that say what an image cost.</summary>
internal static class ComputeHeaders
{
    public const string ComputeBudget = "Compute-Budget";
    public const string ComputeUsed = "Compute-Used";
    public const string ServerTiming = "Server-Timing";
    public const string TimingAllowOrigin = "Timing-Allow-Origin";

    /// <summary>An RFC 9651 dictionary; decimals have one to three digits after the point.</summary>
    public static string FormatUsed(ComputeUsed compute) => string.Create(
        CultureInfo.InvariantCulture,
        $"depth={compute.Decision.Depth}, max-depth={compute.MaxDepth}, reason={compute.Decision.Reason.ToName()}, gmacs={compute.Gmacs:0.0##}, saved={compute.Saved:0.0##}");

    /// <summary>Milliseconds by stage, always in the same order; the encoder says how many of its layers ran.</summary>
    public static string FormatTiming(ComputeUsed compute)
    {
        var text = new StringBuilder();
        foreach (var (stage, duration) in compute.Stages.OrderBy(static time => Order(time.Stage)))
        {
            text.Append(text.Length > 0 ? ", " : "")
                .Append(CultureInfo.InvariantCulture, $"{stage};dur={duration.TotalMilliseconds:0.0}");
            if (stage == Stages.Encoder)
            {
                text.Append(CultureInfo.InvariantCulture, $";desc=\"{compute.Decision.Depth}/{compute.MaxDepth}\"");
            }
        }

        return text.ToString();
    }

    private static int Order(string stage)
    {
        var index = 0;
        while (index < Stages.All.Count && Stages.All[index] != stage)
        {
            index++;
        }

        return index;
    }
}
