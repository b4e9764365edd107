using System.Globalization;
using System.Text;
using EcoM2F.Inference.Compute;

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
        $"depth={compute.Decision.Point.Depth}, max-depth={compute.MaxDepth}, {FormatSize(compute)}{FormatDecoder(compute)}reason={compute.Decision.Reason.ToName()}, gmacs={compute.Gmacs:0.0##}, saved={compute.Saved:0.0##}");

    /// <summary>Only where there is a size to choose.</summary>
    private static string FormatSize(ComputeUsed compute) => compute.MaxSize is { } largest
        ? string.Create(CultureInfo.InvariantCulture, $"size={compute.Decision.Point.Size}, max-size={largest}, ")
        : "";

    /// <summary>Only where the model has decoder exits.</summary>
    private static string FormatDecoder(ComputeUsed compute) => compute.MaxDecoderDepth is { } whole
        ? string.Create(CultureInfo.InvariantCulture, $"decoder-depth={compute.Decision.Point.DecoderDepth}, max-decoder-depth={whole}, ")
        : "";

    /// <summary>Milliseconds by stage, always in the same order; the encoder says how many of its layers ran.</summary>
    public static string FormatTiming(ComputeUsed compute)
    {
        var text = new StringBuilder();
        foreach (var (stage, milliseconds) in compute.Times.All.OrderBy(static time => time.Stage))
        {
            text.Append(text.Length > 0 ? ", " : "")
                .Append(CultureInfo.InvariantCulture, $"{stage.ToName()};dur={milliseconds:0.0}");
            if (stage == Stage.Encoder)
            {
                text.Append(CultureInfo.InvariantCulture, $";desc=\"{compute.Decision.Point.Depth}/{compute.MaxDepth}\"");
            }
        }

        return text.ToString();
    }
}
