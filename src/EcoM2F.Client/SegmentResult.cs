using System.Text.Json.Serialization;

namespace EcoM2F.Client;

/// <summary>What the service made of an image; only the tasks that were asked for are there.</summary>
public sealed record SegmentResult
{
    public required string Model { get; init; }

    public required string Version { get; init; }

    public required ImageSize Image { get; init; }

    /// <summary>Height and width of the masks, in pixels; null: those of the image. Areas and boxes of masks are in these pixels.</summary>
    public IReadOnlyList<int>? MaskSize { get; init; }

    public required ComputeUsed Compute { get; init; }

    public SegmentList? Panoptic { get; init; }

    public IReadOnlyList<Segment>? Instance { get; init; }

    public SegmentList? Semantic { get; init; }

    public IReadOnlyList<Detection>? Detection { get; init; }

    /// <summary>PNG of segment ids, R + 256 G + 65536 B, 0 is void; only with <see cref="SegmentOptions.Confidence"/>.</summary>
    [JsonIgnore]
    public ReadOnlyMemory<byte> IdsPng { get; init; }

    /// <summary>8-bit grey PNG, 255 times what each pixel's winner reached; only with <see cref="SegmentOptions.Confidence"/>.</summary>
    [JsonIgnore]
    public ReadOnlyMemory<byte> ConfidencePng { get; init; }
}

/// <summary>Pixels of the image, upright.</summary>
public sealed record ImageSize(int Width, int Height);

/// <summary>Segments of one map.</summary>
public sealed record SegmentList(IReadOnlyList<Segment> SegmentsInfo);

/// <summary>One segment or instance, by COCO's conventions.</summary>
/// <param name="Id">In the map; 0 for an instance, which is in none.</param>
/// <param name="Isthing">Whether the class has countable objects; false for an instance, of which it is not said.</param>
/// <param name="Score">0 to 1.</param>
/// <param name="Area">Pixels.</param>
/// <param name="Bbox">x, y, width, height.</param>
public sealed record Segment(int Id, int CategoryId, string Category, bool Isthing, double Score, int Area, IReadOnlyList<int> Bbox, Mask Segmentation);

/// <summary>One detected object, by COCO's conventions.</summary>
/// <param name="Bbox">x, y, width, height, in fractions of pixels.</param>
public sealed record Detection(int CategoryId, string Category, double Score, IReadOnlyList<double> Bbox);

/// <summary>What the image cost, and why that much.</summary>
public sealed record ComputeUsed
{
    /// <summary>Encoder layers that ran.</summary>
    public required int Depth { get; init; }

    public required int MaxDepth { get; init; }

    /// <summary>Height and width of the model's input; only where the model has several sizes.</summary>
    public IReadOnlyList<int>? Size { get; init; }

    public int? MaxSize { get; init; }

    public int? DecoderDepth { get; init; }

    public int? MaxDecoderDepth { get; init; }

    /// <summary>What decided: <c>gate</c>, <c>forced</c>, <c>deadline</c>, <c>brownout</c> and others.</summary>
    public required string Reason { get; init; }

    public string? Profile { get; init; }

    public double? Beta { get; init; }

    public required double Gmacs { get; init; }

    /// <summary>Of stems that the service still had from the same image before; not in <see cref="Gmacs"/>.</summary>
    public double? ReusedGmacs { get; init; }

    /// <summary>Share of the full model's GMACs that was not spent.</summary>
    public required double Saved { get; init; }

    /// <summary>By stage.</summary>
    public required IReadOnlyDictionary<string, double> Milliseconds { get; init; }
}
