using System.Text.Json.Serialization;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Derive;
using EcoM2F.Recipe.Metrics;

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
        var path = Path.Combine(folder, "report.json");
        var report = JsonFile.Read(path, "report of the evaluation to compare with", OtherReportContext.Default.OtherReport);
        return new OtherEvaluation($"{report.Model} {report.ModelVersion}", set, report.Exits, MeasuredFile.Read(folder, run, set.Images, report.Exits.Count));
    }

    /// <summary>Every exit that both have, against this one's; then what is lost by stopping there instead of at the deepest of them.</summary>
    /// <param name="statics">Every exit, shallow first.</param>
    public IReadOnlyList<PolicyComparison> Compare(IReadOnlyList<PolicyResult> statics, ulong seed, CancellationToken cancellationToken)
    {
        var shared = statics.Where(own => _exits.Contains((int)own.Policy.Number!.Value)).ToList();
        return [.. shared.Select(own => Less(own.Policy.Name, own.Metric, Always(own))), .. shared.SkipLast(1).Select(EarlyExit)];

        PolicyComparison EarlyExit(PolicyResult own) => Less(
            $"{own.Policy.Name} less {shared[^1].Policy.Name}",
            new DifferenceMetric(own.Metric, shared[^1].Metric),
            new DifferenceMetric(Always(own), Always(shared[^1])));

        PolicyComparison Less(string name, ISetMetric own, ISetMetric other) =>
            new(name, $"{Model}: {name}", Bootstrap.Difference(own, other, seed, cancellationToken));
    }

    private ISetMetric Always(PolicyResult own)
    {
        var exit = _exits.ToList().IndexOf((int)own.Policy.Number!.Value);
        return _set.Combine([.. _images.Select(image => image.Counts[exit])]);
    }
}

/// <summary>What is needed of a <c>report.json</c>.</summary>
internal sealed record OtherReport(string Model, string ModelVersion, IReadOnlyList<int> Exits);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(OtherReport))]
internal sealed partial class OtherReportContext : JsonSerializerContext;
