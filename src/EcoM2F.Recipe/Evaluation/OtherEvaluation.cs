using System.Text.Json.Serialization;
using EcoM2F.Inference.Json;
using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Derive;
using EcoM2F.Recipe.Gates;
using EcoM2F.Recipe.Metrics;
using EcoM2F.Recipe.Reports;

namespace EcoM2F.Recipe.Evaluation;

/// <summary>What <c>evaluate</c> measured with another model on the same images, from its folder, which stays as it is.</summary>
internal sealed class OtherEvaluation
{
    private readonly Dataset _set;
    private readonly IReadOnlyList<GatePoint> _points;
    private readonly IReadOnlyList<MeasuredImage> _images;

    private OtherEvaluation(string model, Dataset set, IReadOnlyList<GatePoint> points, IReadOnlyList<MeasuredImage> images) =>
        (Model, _set, _points, _images) = (model, set, points, images);

    /// <summary>Name and version.</summary>
    public string Model { get; }

    /// <param name="run">Of the evaluation that this is for; see <see cref="MeasuredFile.Open"/>.</param>
    /// <exception cref="RecipeException">The folder holds no finished evaluation, or one of other images or classes; says which.</exception>
    public static OtherEvaluation Open(string folder, string run, Dataset set)
    {
        var path = Path.Combine(folder, ReportFiles.Json);
        var report = InputFile.ReadJson(path, "report of the evaluation to compare with", OtherReportContext.Default.OtherReport);
        int?[] decoders = report.DecoderExits is { } cut ? [.. cut] : [null];
        IReadOnlyList<GatePoint> points = [.. (report.Sizes ?? [GateData.OwnSize]).SelectMany(size => report.Exits.SelectMany(exit => decoders.Select(decoder => new GatePoint(size, exit, decoder))))];
        return new OtherEvaluation(
            $"{report.Model} {report.ModelVersion}",
            set,
            [.. points.Select(point => Comparable(point, report.OwnSize ?? GateData.OwnSize, decoders[^1]))],
            MeasuredFile.Read(folder, run, set.Images, points));
    }

    /// <summary>Every point that both have, against this one's; then what is lost by stopping there instead of at the deepest of the own size.</summary>
    /// <param name="statics">Every point.</param>
    /// <param name="model">This evaluation's.</param>
    public IReadOnlyList<PolicyComparison> Compare(IReadOnlyList<PolicyResult> statics, ModelManifest model, ulong seed, CancellationToken cancellationToken)
    {
        var others = _points.Select((point, index) => (point, Metric: _set.Combine([.. _images.Select(image => image.Counts[index])])));
        var both = statics.Join(
            others,
            own => Comparable(own.Policy.PointOf(model), model.OwnSize, model.MaxDecoderDepth),
            static other => other.point,
            static (own, other) => (own.Policy.Name, IsOwn: other.point is { Size: GateData.OwnSize, DecoderDepth: null }, Own: own.Metric, Other: other.Metric)).ToList();
        var shared = both.Where(static exit => exit.IsOwn).ToList();
        var early = shared.SkipLast(1).Select(exit => (
            Name: $"{exit.Name} less {shared[^1].Name}",
            Own: (ISetMetric)new DifferenceMetric(exit.Own, shared[^1].Own),
            Other: (ISetMetric)new DifferenceMetric(exit.Other, shared[^1].Other)));
        return [.. both.Select(static exit => (exit.Name, exit.Own, exit.Other)).Concat(early).Select(row => new PolicyComparison(row.Name, $"{Model}: {row.Name}", Bootstrap.Difference(row.Own, row.Other, seed, cancellationToken)))];
    }

    /// <summary>What models may have in common: the own size and the whole decoder, whatever these are.</summary>
    private static GatePoint Comparable(GatePoint point, int ownSize, int? wholeDecoder) =>
        new(point.Size == ownSize ? GateData.OwnSize : point.Size, point.Depth, point.DecoderDepth == wholeDecoder ? null : point.DecoderDepth);
}

/// <summary>What is needed of a <c>report.json</c>.</summary>
/// <param name="Sizes">Shortest edges; absent where the model had one size.</param>
/// <param name="OwnSize">One of them.</param>
/// <param name="DecoderExits">Absent where the decoder always ran whole.</param>
internal sealed record OtherReport(string Model, string ModelVersion, IReadOnlyList<int> Exits, IReadOnlyList<int>? Sizes = null, int? OwnSize = null, IReadOnlyList<int>? DecoderExits = null);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(WholeNumberConverter)],
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(OtherReport))]
internal sealed partial class OtherReportContext : JsonSerializerContext;
