using System.Text.Json.Serialization;
using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Derive;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Evaluation;

/// <summary>
/// An image as a line of <c>measured.jsonl</c> has it: the points are those of the model, and stages that all exits of a size share stand
/// there once.
/// </summary>
/// <param name="Size">The input at the own size.</param>
/// <param name="Times">At the own size.</param>
/// <param name="Sizes">Of a model with several: all of them, ascending.</param>
/// <param name="Probe">Milliseconds of resizing and stem of the smallest size; of a model with several.</param>
internal sealed record MeasuredImageJson(
    string Image,
    InputSize Size,
    IReadOnlyList<ImageCounts> Counts,
    double[] Quality,
    double[]? MirrorQuality,
    float[] Pooled,
    IReadOnlyDictionary<string, float[]> Gates,
    double[] Similarities,
    MeasuredTimesJson Times,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<MeasuredSizeJson>? Sizes = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double[]? Probe = null)
{
    /// <param name="own">The model's own size.</param>
    public static MeasuredImageJson Of(MeasuredImage image, int own)
    {
        var sizes = image.Points.Index().GroupBy(static point => point.Item.Size)
            .Select(group => (Size: group.Key, Json: new MeasuredSizeJson(group.First().Item.Input, MeasuredTimesJson.Of([.. group.Select(point => image.Times[point.Index])])))).ToList();
        var (_, ofOwn) = sizes.First(size => sizes.Count == 1 || size.Size == own);
        return new MeasuredImageJson(
            image.Image,
            ofOwn.Input,
            image.Counts,
            image.Quality,
            image.MirrorQuality,
            image.Pooled,
            image.Gates,
            image.Similarities,
            ofOwn.Times,
            sizes.Count == 1 ? null : [.. sizes.Select(static size => size.Json)],
            image.Probe is { } probe ? [probe.Decode ?? 0, probe.Stem ?? 0] : null);
    }

    /// <summary>Whether there are qualities for just so many points, and times for no fewer.</summary>
    public bool Has(IReadOnlyList<GatePoint> points)
    {
        var bySize = points.CountBy(static point => point.Size).Select(static size => size.Value).ToList();
        return Counts.Count == points.Count && Quality.Length == points.Count
            && (bySize.Count == 1 ? Sizes is null && Times.Has(points.Count)
                : Sizes?.Count == bySize.Count && Sizes.Zip(bySize).All(static pair => pair.First.Times.Has(pair.Second)) && Probe is { Length: 2 });
    }

    /// <param name="points">The model's, as many as the line has.</param>
    public MeasuredImage ToImage(IReadOnlyList<GatePoint> points)
    {
        var sizes = points.GroupBy(static point => point.Size)
            .Select((group, i) => (Points: group.ToList(), Json: Sizes?[i] ?? new MeasuredSizeJson(Size, Times))).ToList();
        return new MeasuredImage
        {
            Image = Image,
            Points = [.. sizes.SelectMany(static size => size.Points.Select(point => new ComputePoint(point.Size, size.Json.Input, point.Depth, point.DecoderDepth)))],
            Counts = Counts,
            Quality = Quality,
            MirrorQuality = MirrorQuality,
            Pooled = Pooled,
            Gates = Gates,
            Similarities = Similarities,
            Times = [.. sizes.SelectMany(static size => size.Json.Times.ByPoint([.. size.Points.Select(static point => point.Depth)]))],
            Probe = Probe is { } probe ? new StageTimes { Decode = probe[0], Stem = probe[1] } : null,
        };
    }
}

/// <summary>One size of the model.</summary>
internal sealed record MeasuredSizeJson(InputSize Input, MeasuredTimesJson Times);

/// <summary>Milliseconds.</summary>
/// <param name="Gate">0 where none was asked.</param>
/// <param name="Encoder">All layers.</param>
/// <param name="Decoder">By point of the size.</param>
/// <param name="Mask">By point of the size.</param>
internal sealed record MeasuredTimesJson(double Decode, double Stem, double Gate, double Encoder, double[] Decoder, double[] Mask)
{
    /// <param name="times">Of every point of the size, shallow first.</param>
    public static MeasuredTimesJson Of(IReadOnlyList<StageTimes> times)
    {
        var deepest = times[^1];
        return new MeasuredTimesJson(
            deepest.Decode ?? 0,
            deepest.Stem ?? 0,
            deepest.Gate ?? 0,
            deepest.Encoder ?? 0,
            [.. times.Select(static exit => exit.Decoder ?? 0)],
            [.. times.Select(static exit => exit.Mask ?? 0)]);
    }

    public bool Has(int points) => Decoder.Length >= points && Mask.Length >= points;

    /// <param name="depths">Encoder layers by point, ascending.</param>
    public IReadOnlyList<StageTimes> ByPoint(IReadOnlyList<int> depths) =>
    [
        .. depths.Select((depth, point) => new StageTimes
        {
            Decode = Decode,
            Stem = Stem,
            Gate = Gate,
            Encoder = Encoder * depth / depths[^1],
            Decoder = Decoder[point],
            Mask = Mask[point],
        }),
    ];
}
