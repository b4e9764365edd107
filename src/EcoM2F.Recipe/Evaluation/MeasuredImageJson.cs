using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Derive;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Evaluation;

/// <summary>An image as a line of <c>measured.jsonl</c> has it: the depths are those of the model, and stages that all exits share stand there once.</summary>
internal sealed record MeasuredImageJson(
    string Image,
    InputSize Size,
    IReadOnlyList<ImageCounts> Counts,
    double[] Quality,
    double[]? MirrorQuality,
    float[] Pooled,
    IReadOnlyDictionary<string, float[]> Gates,
    double[] Similarities,
    MeasuredTimesJson Times)
{
    public static MeasuredImageJson Of(MeasuredImage image) => new(
        image.Image,
        image.Points[0].Input,
        image.Counts,
        image.Quality,
        image.MirrorQuality,
        image.Pooled,
        image.Gates,
        image.Similarities,
        MeasuredTimesJson.Of(image.Times));

    /// <summary>Whether there are qualities for just so many exits, and times for no fewer.</summary>
    public bool Has(int exits) => Counts.Count == exits && Quality.Length == exits && Times.Decoder.Length >= exits && Times.Mask.Length >= exits;

    /// <param name="exits">The model's depths, as many as the line has.</param>
    public MeasuredImage ToImage(IReadOnlyList<int> exits) => new()
    {
        Image = Image,
        Points = [.. exits.Select(exit => new ComputePoint(Math.Min(Size.Height, Size.Width), Size, exit))],
        Counts = Counts,
        Quality = Quality,
        MirrorQuality = MirrorQuality,
        Pooled = Pooled,
        Gates = Gates,
        Similarities = Similarities,
        Times = Times.ByExit(exits),
    };
}

/// <summary>Milliseconds.</summary>
/// <param name="Gate">0 where none was asked.</param>
/// <param name="Encoder">All layers.</param>
/// <param name="Decoder">By exit.</param>
/// <param name="Mask">By exit.</param>
internal sealed record MeasuredTimesJson(double Decode, double Stem, double Gate, double Encoder, double[] Decoder, double[] Mask)
{
    /// <param name="times">Of every exit, shallow first.</param>
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

    /// <inheritdoc cref="MeasuredImageJson.ToImage"/>
    public IReadOnlyList<StageTimes> ByExit(IReadOnlyList<int> exits) =>
    [
        .. exits.Select((depth, exit) => new StageTimes
        {
            Decode = Decode,
            Stem = Stem,
            Gate = Gate,
            Encoder = Encoder * depth / exits[^1],
            Decoder = Decoder[exit],
            Mask = Mask[exit],
        }),
    ];
}
