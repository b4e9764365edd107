using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using EcoM2F.Inference.Json;

namespace EcoM2F.Inference.Models;

/// <summary>
/// <c>model.json</c>: everything that a server needs to know about a model folder beyond the graphs themselves.
/// Written by the compiler, read by the service and the command line; property names are snake_case in the file.
/// </summary>
public sealed partial record ModelManifest
{
    public const string FileName = "model.json";

    /// <summary>The only schema there is.</summary>
    public const int CurrentSchema = 1;

    public required int Schema { get; init; }

    /// <summary>The folder's name by default; <c>[a-z0-9][a-z0-9._-]*</c>, at most 64 characters.</summary>
    public required string Name { get; init; }

    public required string Version { get; init; }

    /// <summary>Any of panoptic, instance, semantic, detection.</summary>
    public required IReadOnlyList<string> Tasks { get; init; }

    /// <summary>SPDX expression, or free text where there is none.</summary>
    public string? Licence { get; init; }

    public JsonObject? Provenance { get; init; }

    /// <summary>By label index: <c>Classes[i].Id == i</c>.</summary>
    public required IReadOnlyList<ModelClass> Classes { get; init; }

    /// <summary>Normalisation, and how an image is resized to the model's own size.</summary>
    public required PreprocessingSettings Preprocessing { get; init; }

    /// <summary>Every size that an image may be resized to, ascending, the own one among them; absent: the own size alone.</summary>
    public IReadOnlyList<ModelSize>? Sizes { get; init; }

    public required PostprocessingSettings Postprocessing { get; init; }

    /// <summary>Encoder depths at which the model may stop, ascending; the last is full depth.</summary>
    public required IReadOnlyList<int> Exits { get; init; }

    /// <summary>
    /// Decoder layers after which the model may stop, ascending; the last is the whole decoder, whose graph names no exit. Null: the decoder always
    /// runs whole.
    /// </summary>
    public IReadOnlyList<int>? DecoderExits { get; init; }

    public required IReadOnlyList<GraphEntry> Graphs { get; init; }

    /// <summary>One file with the initializers of all graphs, in safetensors layout.</summary>
    public string Weights { get; init; } = "weights.bin";

    /// <summary>Stored inputs and outputs; absent only in a folder that was never finished.</summary>
    public string Canary { get; init; } = "canary.safetensors";

    public GateSet? Gates { get; init; }

    /// <summary>Null: every exit gives its tokens as they are.</summary>
    public ExitAdapterSet? ExitAdapters { get; init; }

    /// <summary>Precisions whose graphs were made from the fp32 ones by measurement; null where there are none.</summary>
    public IReadOnlyDictionary<string, PrecisionRecord>? Precisions { get; init; }

    /// <summary>GMACs by input size. See <see cref="ModelCost"/>.</summary>
    public required IReadOnlyList<ModelCost> Costs { get; init; }

    /// <summary>SHA-256 (lower-case hex) of every file of the folder but the manifest and the card.</summary>
    public required IReadOnlyDictionary<string, string> Sha256 { get; init; }

    /// <summary>The deepest exit.</summary>
    [JsonIgnore]
    public int MaxDepth => Exits[^1];

    /// <summary>Layers of the whole decoder, as points have it; null where the model has no decoder exits.</summary>
    [JsonIgnore]
    public int? MaxDecoderDepth => DecoderExits?[^1];

    /// <summary>Decoder layers of the model's points, ascending; null alone where the model has no decoder exits.</summary>
    [JsonIgnore]
    public IReadOnlyList<int?> DecoderDepths => DecoderExits is { } exits ? [.. exits] : [null];

    /// <summary>What can be chosen for an image: sizes ascending, of each the exits, of each the decoder exits.</summary>
    [JsonIgnore]
    public IReadOnlyList<GatePoint> Points =>
        [.. ShortestEdges.SelectMany(size => Exits.SelectMany(exit => DecoderDepths.Select(decoder => new GatePoint(size, exit, decoder))))];

    /// <summary>The deepest exit at the own size with the whole decoder.</summary>
    [JsonIgnore]
    public GatePoint FullPoint => new(OwnSize, MaxDepth, MaxDecoderDepth);

    /// <summary>The own size's shortest edge, in pixels: what names it in budgets and points.</summary>
    [JsonIgnore]
    public int OwnSize => Preprocessing.ShortestEdge ?? Math.Min(Preprocessing.Height ?? 0, Preprocessing.Width ?? 0);

    /// <summary>The shortest edges of all sizes, ascending; the own one alone where there are no others.</summary>
    [JsonIgnore]
    public IReadOnlyList<int> ShortestEdges => Sizes is { } sizes ? [.. sizes.Select(static size => size.ShortestEdge)] : [OwnSize];

    /// <summary>Whether there is a size to choose.</summary>
    [JsonIgnore]
    public bool HasSizes => Sizes is { Count: > 1 };

    /// <summary>Whether a point is more than a depth: there are several sizes, or decoder exits.</summary>
    [JsonIgnore]
    public bool HasPoints => HasSizes || DecoderExits is not null;

    /// <summary>Precisions that can be asked for: fp32, and those that this version runs and the model has graphs of.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> RunnablePrecisions => [.. GraphPrecisions.Runnable.Where(precision => Graphs.Any(graph => graph.Precision == precision))];

    /// <summary>Whether a model may have this name: it is a folder, a label and a part of addresses.</summary>
    public static bool IsName(string text) => NamePattern().IsMatch(text);

    public static ModelManifest Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, ModelManifestJson.Default.ModelManifest)
        ?? throw new JsonException("model.json holds null.");

    /// <summary>How an image is resized to one of the sizes.</summary>
    /// <param name="size">One of <see cref="ShortestEdges"/>.</param>
    public PreprocessingSettings PreprocessingAt(int size) =>
        size == OwnSize ? Preprocessing : Preprocessing with { ShortestEdge = size, LongestEdge = Sizes!.First(known => known.ShortestEdge == size).LongestEdge };

    /// <summary>What a gate's scores are for, in their order: its points, or else the exits at the own size with the whole decoder.</summary>
    public IReadOnlyList<GatePoint> PointsOf(GateProfile gate) => gate.Points ?? [.. Exits.Select(exit => new GatePoint(OwnSize, exit, MaxDecoderDepth))];

    /// <summary>The size whose stem gives the feature that a gate reads: of a gate over several sizes the model's smallest, else the gate's only one.</summary>
    public int SizeReadBy(GateProfile gate)
    {
        var points = PointsOf(gate);
        return points.All(point => point.Size == points[0].Size) ? points[0].Size : ShortestEdges[0];
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9._-]{0,63}$")]
    private static partial Regex NamePattern();

    public string ToJson() => JsonSerializer.Serialize(this, ModelManifestJson.Default.ModelManifest);
}

/// <param name="Id">Label index.</param>
/// <param name="Color"><c>#rrggbb</c>, for overlays.</param>
public sealed partial record ModelClass(int Id, string Name, bool Isthing, string Color)
{
    /// <summary>Whether a text is a colour as the manifest writes it.</summary>
    public static bool IsColor(string text) => ColorPattern().IsMatch(text);

    [GeneratedRegex("^#[0-9a-fA-F]{6}$")]
    private static partial Regex ColorPattern();
}

/// <summary>
/// Resizing rule and normalisation. Either <see cref="ShortestEdge"/>/<see cref="LongestEdge"/> (scale until the shortest
/// edge has that many pixels, or the longest where that caps; then round both sides up to <see cref="Divisor"/>) or a fixed
/// <see cref="Height"/> x <see cref="Width"/>.
/// </summary>
public sealed record PreprocessingSettings
{
    public int? ShortestEdge { get; init; }

    public int? LongestEdge { get; init; }

    public int? Height { get; init; }

    public int? Width { get; init; }

    public int Divisor { get; init; } = 32;

    /// <summary>Per channel R, G, B, of values in 0 to 1.</summary>
    public required IReadOnlyList<float> Mean { get; init; }

    public required IReadOnlyList<float> Std { get; init; }
}

/// <summary>Defaults of serving; a request may override each but the procedure's meaning.</summary>
/// <param name="Procedure">
/// For masks <c>meta</c> (original Mask2Former) or <c>hf</c> (Hugging Face's image processor); for boxes <c>detr</c> (a query's
/// best class by softmax) or <c>deformable_detr</c> (the best pairs of query and class by sigmoid).
/// </param>
/// <param name="ScoreThreshold">0 to 1.</param>
/// <param name="MaskThreshold">0 to 1; absent where the procedure makes boxes.</param>
/// <param name="OverlapThreshold">0 to 1; absent where the procedure makes boxes.</param>
public sealed record PostprocessingSettings(string Procedure, float ScoreThreshold, float? MaskThreshold = null, float? OverlapThreshold = null)
{
    public const string Meta = "meta";

    public const string HuggingFace = "hf";

    public const string Detr = "detr";

    public const string DeformableDetr = "deformable_detr";

    /// <summary>By name of a class: score thresholds, 0 to 1, that take the place of others for that class, in panoptic and instance results; null: none has its own.</summary>
    public IReadOnlyDictionary<string, float>? ClassThresholds { get; init; }

    /// <summary>Score threshold of boxes where nothing says otherwise.</summary>
    public const float BoxScoreThreshold = 0.5f;

    /// <summary>Whether the procedure makes boxes, the task detection; otherwise masks.</summary>
    [JsonIgnore]
    public bool MakesBoxes => Procedure is Detr or DeformableDetr;
}

/// <param name="Stage">stem, encoder, encoder-exits or decoder. See <see cref="GraphStages"/>.</param>
/// <param name="Flavour">portable or fused; a stage without a fused graph is served by its portable one. See <see cref="GraphFlavours"/>.</param>
/// <param name="Precision">fp32, fp16, bf16 or int8. See <see cref="GraphPrecisions"/>.</param>
/// <param name="File">File name in the model folder.</param>
/// <param name="Exit">For stage encoder: how many layers the graph holds.</param>
public sealed record GraphEntry(string Stage, string Flavour, string Precision, string File, int? Exit = null);

/// <param name="Default">Profile that answers requests without a budget; a classifier.</param>
public sealed record GateSet(string Default, IReadOnlyDictionary<string, GateProfile> Profiles);

/// <summary>A size that an image may be resized to: until its shortest edge has that many pixels, or its longest where that caps.</summary>
public sealed record ModelSize(int ShortestEdge, int LongestEdge)
{
    /// <summary>As the command line has it: 256:384.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{ShortestEdge}:{LongestEdge}");
}

/// <param name="Kind"><c>classifier</c> (argmax of the scores) or <c>utility</c> (scores are expected quality as a fraction per point).</param>
/// <param name="Beta">PQ points per layer that the classifier was trained at; absent for utility.</param>
/// <param name="Points">What the scores are for, in their order; absent: the model's exits at its own size, with the whole decoder.</param>
/// <param name="Guard">Where the gate does not decide; absent: it always does.</param>
public sealed record GateProfile(string Kind, string File, double? Beta = null, IReadOnlyList<GatePoint>? Points = null, GateGuard? Guard = null)
{
    public const string Classifier = "classifier";

    public const string Utility = "utility";
}

/// <summary>What a score of a gate is for.</summary>
/// <param name="Size">Shortest edge of one of the model's sizes, in pixels.</param>
/// <param name="Depth">One of its exits.</param>
/// <param name="DecoderDepth">One of its decoder exits; null where it has none.</param>
public readonly record struct GatePoint(int Size, int Depth, int? DecoderDepth = null)
{
    /// <summary>As commands and reports have it: 320/2, with a decoder depth 320/2/3.</summary>
    public override string ToString() => DecoderDepth is { } decoder
        ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Size}/{Depth}/{decoder}")
        : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Size}/{Depth}");
}

/// <summary>Images unlike those that a gate was trained on get one fixed point instead of its choice.</summary>
/// <param name="MaxLeverage">The largest leverage of an image's feature among the training rows at which the gate still decides; the last column of <see cref="GraphTensors.Scores"/> gives the image's.</param>
/// <param name="Fallback">What other images get.</param>
public sealed record GateGuard(double MaxLeverage, GatePoint Fallback);

/// <summary>Adapters of exits: see <see cref="ExitAdapter"/>.</summary>
/// <param name="File">Their weights, in safetensors layout.</param>
/// <param name="Photos">How many photographs they were fitted on.</param>
/// <param name="RelativeError">
/// By exit that has an adapter: squared error of its tokens on held-out photographs, relative to the variance of the last layer's tokens,
/// without adapter and with it.
/// </param>
public sealed record ExitAdapterSet(string File, int Photos, IReadOnlyDictionary<int, IReadOnlyList<double>> RelativeError)
{
    /// <summary>Exits that have one, ascending.</summary>
    [JsonIgnore]
    public IEnumerable<int> Exits => RelativeError.Keys.Order();
}

/// <summary>GMACs (multiply-adds of Conv, MatMul and Gemm / 1e9) of one image at a model input of Height x Width pixels.</summary>
/// <param name="Layer">Per encoder layer.</param>
public sealed record ModelCost(int Height, int Width, double Stem, double Layer, double Decoder)
{
    /// <summary>By exit that has an adapter, the adapter's; null where none has.</summary>
    public IReadOnlyDictionary<int, double>? Adapters { get; init; }

    /// <summary>Of the decoder by decoder exit, the whole one, which is <see cref="Decoder"/>, left out; null where the model has none.</summary>
    public IReadOnlyDictionary<int, double>? DecoderExits { get; init; }

    /// <summary>Of the whole model when its encoder stops there.</summary>
    /// <param name="depth">Encoder layers: one of the exits.</param>
    /// <param name="decoderDepth">Decoder layers; null: the whole decoder.</param>
    public double At(int depth, int? decoderDepth = null) => Stem + (Layer * depth) + (Adapters?.GetValueOrDefault(depth) ?? 0) + DecoderAt(decoderDepth);

    /// <summary>Of the decoder when it stops there.</summary>
    /// <param name="decoderDepth">Decoder layers; null: the whole decoder.</param>
    public double DecoderAt(int? decoderDepth) => decoderDepth is { } layers && DecoderExits?.TryGetValue(layers, out var gmacs) == true ? gmacs : Decoder;
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(WholeNumberConverter)],
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(ModelManifest))]
internal sealed partial class ModelManifestJson : JsonSerializerContext;
