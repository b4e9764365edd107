using System.Text.Json.Serialization;

namespace EcoM2F.Inference.Results;

/// <summary>The JSON answer of <c>/v1/segment</c>; only the tasks asked for are present.</summary>
public sealed record SegmentationBody
{
    public required string Model { get; init; }

    public required string Version { get; init; }

    public required ImageBody Image { get; init; }

    /// <summary>Height and width of the masks, in pixels; only where they differ from the image's. Areas, boxes of masks and polygons are in these pixels.</summary>
    public IReadOnlyList<int>? MaskSize { get; init; }

    public required ComputeBody Compute { get; init; }

    public SegmentsBody? Panoptic { get; init; }

    public IReadOnlyList<InstanceBody>? Instance { get; init; }

    public SegmentsBody? Semantic { get; init; }

    public IReadOnlyList<DetectionBody>? Detection { get; init; }
}

/// <summary>Pixels of the uploaded image, upright.</summary>
public sealed record ImageBody(int Width, int Height);

/// <summary>What the image cost, and why that much.</summary>
public sealed record ComputeBody
{
    /// <summary>Encoder layers that ran.</summary>
    public required int Depth { get; init; }

    /// <summary>The model's deepest exit.</summary>
    public required int MaxDepth { get; init; }

    /// <summary>Height and width of the model's input, in pixels; only where the model has several sizes.</summary>
    public IReadOnlyList<int>? Size { get; init; }

    /// <summary>Shortest edge of the model's largest size, in pixels; only where it has several.</summary>
    public int? MaxSize { get; init; }

    /// <summary>Decoder layers that ran; only where the model has decoder exits.</summary>
    public int? DecoderDepth { get; init; }

    /// <summary>Layers of the model's whole decoder; only where it has decoder exits.</summary>
    public int? MaxDecoderDepth { get; init; }

    /// <summary>The last constraint that changed the compute point.</summary>
    public required string Reason { get; init; }

    /// <summary>The gate that took part.</summary>
    public string? Profile { get; init; }

    /// <summary>PQ points per layer that took part.</summary>
    public double? Beta { get; init; }

    /// <summary>What ran for this image: the whole model, a probe included, without stems that were known from before.</summary>
    public required double Gmacs { get; init; }

    /// <summary>Of stems that were known from an earlier request for the same image, and are not in gmacs; only where there were some.</summary>
    public double? ReusedGmacs { get; init; }

    /// <summary>1 - gmacs / gmacs at the deepest exit and the model's own size, with the whole decoder; below 0 where a larger size was used.</summary>
    public required double Saved { get; init; }

    /// <summary>By stage.</summary>
    public required IReadOnlyDictionary<string, double> Milliseconds { get; init; }
}

public sealed record SegmentsBody([property: JsonPropertyName("segments_info")] IReadOnlyList<SegmentBody> SegmentsInfo);

/// <summary>One segment, by COCO's conventions.</summary>
/// <param name="Area">Pixels of the mask, also where polygons are asked for.</param>
/// <param name="Bbox">x, y, width, height.</param>
/// <param name="Segmentation">The mask, unless polygons are asked for.</param>
/// <param name="Polygon">The mask as polygons, where they are asked for.</param>
public sealed record SegmentBody(
    int Id, int CategoryId, string Category, bool Isthing, double Score, int Area, IReadOnlyList<int> Bbox, RleBody? Segmentation, MultiPolygonBody? Polygon = null);

/// <summary>One instance, by COCO's conventions.</summary>
/// <param name="Area">Pixels of the mask, also where polygons are asked for.</param>
/// <param name="Bbox">x, y, width, height.</param>
/// <param name="Segmentation">The mask, unless polygons are asked for.</param>
/// <param name="Polygon">The mask as polygons, where they are asked for.</param>
public sealed record InstanceBody(
    int CategoryId, string Category, double Score, int Area, IReadOnlyList<int> Bbox, RleBody? Segmentation, MultiPolygonBody? Polygon = null);

/// <summary>One detected object, by COCO's conventions.</summary>
/// <param name="Bbox">x, y, width, height, in fractions of pixels.</param>
public sealed record DetectionBody(int CategoryId, string Category, double Score, IReadOnlyList<double> Bbox);

/// <summary>COCO's compressed run-length encoding.</summary>
/// <param name="Size">Height, width.</param>
public sealed record RleBody(IReadOnlyList<int> Size, string Counts);

/// <summary>A geometry as GeoJSON writes it (RFC 7946, section 3.1.7), in pixels of the mask from its upper left corner.</summary>
/// <param name="Type">MultiPolygon.</param>
/// <param name="Coordinates">By part of the mask: its outer ring, then its holes; a ring's points are x, y, and its last is its first again.</param>
public sealed record MultiPolygonBody(string Type, IReadOnlyList<IReadOnlyList<IReadOnlyList<IReadOnlyList<int>>>> Coordinates);
