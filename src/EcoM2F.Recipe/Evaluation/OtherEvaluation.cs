using System.Text.Json.Serialization;
using EcoM2F.Inference.Json;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Derive;
using EcoM2F.Recipe.Metrics;
using EcoM2F.Recipe.Reports;

namespace EcoM2F.Recipe.Evaluation;

/// <summary>What <c>evaluate</c> measured with another model on the same images, from its folder, which stays as it is.</summary>
internal sealed class OtherEvaluation
{
    private readonly Dataset _set;
    private readonly IReadOnlyList<int> _exits;
    private readonly IReadOnlyList<MeasuredImage> _images;

    private OtherEvaluation(string model, Dataset set, IReadOnlyList<int> exits, IReadOnlyList<MeasuredImage> images) =>
        (Model, _set, _exits, _images) = (model, set, exits, images);

    /// <summary>Name and version.</summary>
    public string Model { get; }

    /// <param name="run">Of the evaluation that this is for; see <see cref="MeasuredFile.Open"/>.</param>
    /// <exception cref="RecipeException">The folder holds no finished evaluation, or one of other images or classes; says which.</exception>
    public static OtherEvaluation Open(string folder, string run, Dataset set)
    {
        var path = Path.Combine(folder, ReportFiles.Json);
        var report = InputFile.ReadJson(path, "report of the evaluation to compare with", OtherReportContext.Default.OtherReport);
        return new OtherEvaluation($"{report.Model} {report.ModelVersion}", set, report.Exits, MeasuredFile.Read(folder, run, set.Images, report.Exits));
    }

    /// <summary>Every exit that both have, against this one's; then what is lost by stopping there instead of at the deepest of them.</summary>
    /// <param name="statics">Every exit, shallow first.</param>
    public IReadOnlyList<PolicyComparison> Compare(IReadOnlyList<PolicyResult> statics, ulong seed, CancellationToken cancellationToken)
    {
        var others = _exits.Select((exit, index) => (exit, Metric: _set.Combine([.. _images.Select(image => image.Counts[index])])));
        var shared = statics.Join(
            others,
            static own => (int)own.Policy.Number!.Value,
            static other => other.exit,
            static (own, other) => (own.Policy.Name, Own: own.Metric, Other: other.Metric)).ToList();
        var early = shared.SkipLast(1).Select(exit => (
            Name: $"{exit.Name} less {shared[^1].Name}",
            Own: (ISetMetric)new DifferenceMetric(exit.Own, shared[^1].Own),
            Other: (ISetMetric)new DifferenceMetric(exit.Other, shared[^1].Other)));
        return [.. shared.Concat(early).Select(row => new PolicyComparison(row.Name, $"{Model}: {row.Name}", Bootstrap.Difference(row.Own, row.Other, seed, cancellationToken)))];
    }
}

/// <summary>What is needed of a <c>report.json</c>.</summary>
internal sealed record OtherReport(string Model, string ModelVersion, IReadOnlyList<int> Exits);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(WholeNumberConverter)],
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(OtherReport))]
internal sealed partial class OtherReportContext : JsonSerializerContext;
