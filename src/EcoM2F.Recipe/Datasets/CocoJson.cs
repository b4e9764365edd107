using System.Text.Json.Serialization;
using EcoM2F.Inference.Json;

namespace EcoM2F.Recipe.Datasets;

// COCO's JSON as it may come: everything is optional here, and asked for with a message where it is needed.

internal sealed record CocoPanopticFile(List<CocoImage?>? Images, List<CocoPanopticEntry?>? Annotations, List<CocoCategory?>? Categories);

internal sealed record CocoObjectFile(List<CocoImage?>? Images, List<CocoObject?>? Annotations, List<CocoCategory?>? Categories);

/// <param name="Id">A number, or text as in Cityscapes.</param>
internal sealed record CocoImage([property: JsonConverter(typeof(ImageIdConverter))] string? Id, string? FileName, int? Width, int? Height);

internal sealed record CocoCategory(int? Id, string? Name, [property: JsonConverter(typeof(FlagConverter))] bool? Isthing);

internal sealed record CocoPanopticEntry([property: JsonConverter(typeof(ImageIdConverter))] string? ImageId, string? FileName, List<CocoSegment?>? SegmentsInfo);

internal sealed record CocoSegment(int? Id, int? CategoryId, double? Area, [property: JsonConverter(typeof(FlagConverter))] bool? Iscrowd);

/// <summary>An annotation, or with a score a prediction.</summary>
internal sealed record CocoObject(
    [property: JsonConverter(typeof(ImageIdConverter))] string? Id,
    [property: JsonConverter(typeof(ImageIdConverter))] string? ImageId,
    int? CategoryId,
    double[]? Bbox,
    [property: JsonConverter(typeof(CocoSegmentationConverter))] CocoSegmentation? Segmentation,
    double? Area,
    [property: JsonConverter(typeof(FlagConverter))] bool? Iscrowd,
    double? Score);

/// <summary>A mask in one of COCO's three spellings.</summary>
/// <param name="Polygons">x and y in turn, in pixels; together they are the mask.</param>
/// <param name="Size">Height and width.</param>
/// <param name="Counts">Run lengths.</param>
/// <param name="Text">Run lengths, compressed.</param>
internal sealed record CocoSegmentation(double[][]? Polygons = null, int[]? Size = null, int[]? Counts = null, string? Text = null);

/// <summary>Class names of a set and what they become.</summary>
internal sealed record LabelsFile(Dictionary<string, Dictionary<string, string?>?>? Mapping);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(WholeNumberConverter)])]
[JsonSerializable(typeof(CocoPanopticFile))]
[JsonSerializable(typeof(CocoObjectFile))]
[JsonSerializable(typeof(List<CocoObject?>))]
[JsonSerializable(typeof(LabelsFile))]
[JsonSerializable(typeof(DatasetFile))]
internal sealed partial class CocoJson : JsonSerializerContext;
