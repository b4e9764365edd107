using System.Globalization;

namespace EcoM2F.Client;

/// <summary>What is asked of an image, beside the image. What is null is left to the service.</summary>
public sealed record SegmentOptions
{
    public static SegmentOptions Default { get; } = new();

    /// <summary>Name of a model that the service has.</summary>
    public string? Model { get; init; }

    /// <summary><c>panoptic</c>, <c>instance</c>, <c>semantic</c>, <c>detection</c>. Empty: the model's own.</summary>
    public IReadOnlyList<string> Tasks { get; init; } = [];

    /// <summary>0 to 1.</summary>
    public double? ScoreThreshold { get; init; }

    /// <summary>0 to 1.</summary>
    public double? MaskThreshold { get; init; }

    /// <summary>0 to 1.</summary>
    public double? OverlapThreshold { get; init; }

    /// <summary>Names of classes to keep. Empty: all.</summary>
    public IReadOnlyList<string> Classes { get; init; } = [];

    /// <summary><c>original</c>, <c>model</c> (the size at which the model makes masks), or pixels of the masks' longest edge, from 16. Null: <c>original</c>.</summary>
    public string? MaskSize { get; init; }

    /// <summary>Whether <see cref="SegmentClient.SegmentAsync"/> also fetches pictures of segment ids and of what each pixel's winner reached; of exactly one of the tasks panoptic and semantic.</summary>
    public bool Confidence { get; init; }

    public ComputeBudget? Budget { get; init; }

    /// <summary>0, which is served first, to 7, where images wait for one another.</summary>
    public int? Urgency { get; init; }

    /// <returns>With its question mark; empty where nothing is asked for.</returns>
    internal string ToQuery()
    {
        (string Key, string? Value)[] parameters =
        [
            ("model", Model), ("task", List(Tasks)), ("score-threshold", Number(ScoreThreshold)), ("mask-threshold", Number(MaskThreshold)),
            ("overlap-threshold", Number(OverlapThreshold)), ("classes", List(Classes)), ("mask-size", MaskSize), ("confidence", Confidence ? "true" : null),
        ];
        var given = parameters.Where(static parameter => parameter.Value is not null).Select(static parameter => $"{parameter.Key}={Uri.EscapeDataString(parameter.Value!)}").ToList();
        return given.Count == 0 ? "" : "?" + string.Join('&', given);
    }

    private static string? List(IReadOnlyList<string> names) => names.Count == 0 ? null : string.Join(',', names);

    private static string? Number(double? value) => value?.ToString(CultureInfo.InvariantCulture);
}
