using System.Globalization;

namespace EcoM2F.Client;

/// <summary>What an image may cost: the header <c>Compute-Budget</c>. The service checks keys, ranges and what excludes what.</summary>
public sealed record ComputeBudget
{
    /// <summary>Encoder layers, exactly.</summary>
    public int? Depth { get; init; }

    public int? MinDepth { get; init; }

    public int? MaxDepth { get; init; }

    /// <summary>One of the model's sizes, by the shortest edge in pixels, exactly.</summary>
    public int? Size { get; init; }

    public int? MinSize { get; init; }

    public int? MaxSize { get; init; }

    /// <summary>Decoder layers, exactly; only for models with decoder exits.</summary>
    public int? DecoderDepth { get; init; }

    /// <summary>Name of the gate that chooses.</summary>
    public string? Profile { get; init; }

    /// <summary>PQ points that an encoder layer must be worth.</summary>
    public double? Beta { get; init; }

    public double? MaxGmacs { get; init; }

    /// <summary>From the moment at which the service has read the request's headers; whole milliseconds.</summary>
    public TimeSpan? Deadline { get; init; }

    /// <returns>The header's value; empty where nothing is asked for.</returns>
    public override string ToString()
    {
        (string Key, object? Value)[] members =
        [
            ("depth", Depth), ("min-depth", MinDepth), ("max-depth", MaxDepth), ("size", Size), ("min-size", MinSize), ("max-size", MaxSize),
            ("decoder-depth", DecoderDepth), ("profile", Profile), ("beta", Decimal(Beta)), ("max-gmacs", Decimal(MaxGmacs)),
            ("deadline-ms", Deadline is { } deadline ? (long)Math.Ceiling(deadline.TotalMilliseconds) : null),
        ];
        return string.Join(", ", members.Where(static member => member.Value is not null).Select(static member => string.Create(CultureInfo.InvariantCulture, $"{member.Key}={member.Value}")));
    }

    /// <summary>RFC 9651 has decimals with at most three digits behind the point.</summary>
    private static string? Decimal(double? value) => value?.ToString("0.0##", CultureInfo.InvariantCulture);
}
