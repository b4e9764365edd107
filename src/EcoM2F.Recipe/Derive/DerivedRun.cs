using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Datasets;

namespace EcoM2F.Recipe.Derive;

/// <summary>What all rows of one run of <c>derive</c> have in common.</summary>
/// <param name="Model">The model's <see cref="ModelIdentity"/>.</param>
/// <param name="Points">What can be chosen of it.</param>
/// <param name="HasPoints">Whether rows are by point, and not by exit.</param>
/// <param name="Dataset">The set's hash.</param>
/// <param name="Reference">The set's <see cref="Datasets.Dataset.Reference"/>.</param>
/// <param name="Precision">Of the graphs that run.</param>
/// <param name="Part">The images of this run's shard, in the order of their rows.</param>
internal sealed record DerivedRun(string Model, IReadOnlyList<GatePoint> Points, bool HasPoints, string Dataset, string? Reference, string Precision, IReadOnlyList<DatasetImage> Part)
{
    public static DerivedRun Of(ModelManifest model, Dataset set, Func<int, bool> takes, string precision) => new(
        ModelIdentity.Of(model), model.Points, model.HasPoints, set.Hash, set.Reference, precision, [.. set.Images.Where((_, position) => takes(position))]);

    /// <exception cref="RecipeException">The row is of another model, other points, another data set or another kind of quality.</exception>
    public void RequireSame(DerivedRow row, string place)
    {
        var depths = row.Depths.SequenceEqual(Points.Select(static point => point.Depth));
        Require(row.Model == Model && depths, $"is of another model: its 'model' is {row.Model ?? "absent"}, and this one is {Model}");
        Require(
            row.HasPoints == HasPoints && (!HasPoints || row.Points.Select(static point => point.Key).SequenceEqual(Points)),
            $"is of other points than the model's, {string.Join(", ", Points)}");
        Require(row.Dataset == Dataset, $"is of another data set, or of another state of this one: its 'dataset' is {row.Dataset ?? "absent"}, and this one is {Dataset}");
        Require((row.Precision ?? GraphPrecisions.Fp32) == Precision, $"is of {row.Precision ?? GraphPrecisions.Fp32} graphs, and this run is of {Precision}");
        Require(row.Reference == Reference, row.Reference is null ? "has quality measured on labels, and this run measures agreement" : "has agreement, and this run measures quality on labels");

        void Require(bool same, string otherwise)
        {
            if (!same)
            {
                throw new RecipeException($"{place} {otherwise}. Choose another --output, or remove the file to start anew.");
            }
        }
    }

    /// <summary>Rows must be the first ones of this part in their order; or all of it in any order, as shards that were merged are.</summary>
    /// <exception cref="RecipeException">They are of another part, or there twice.</exception>
    public void RequirePart(List<string> names, string path)
    {
        if (names.Count == Part.Count && names.ToHashSet().SetEquals(Part.Select(static image => image.Name)))
        {
            return;
        }

        for (var i = 0; i < names.Count; i++)
        {
            if (i >= Part.Count || names[i] != Part[i].Name)
            {
                throw new RecipeException($"{path}, line {i + 1} is of another shard: its 'image' is {names[i]}, and this one has {(i < Part.Count ? Part[i].Name : "no more images")} there. Choose another --output, or remove the file to start anew.");
            }
        }
    }

    public DerivedRow ToRow(MeasuredImage image) => new()
    {
        Image = image.Image,
        Points = image.Points,
        HasPoints = HasPoints,
        Precision = HasPoints || Precision != GraphPrecisions.Fp32 ? Precision : null,
        Reference = Reference,
        Quality = image.Quality,
        Pooled = image.Pooled,
        Times = Summarize(image.Times),
        Model = Model,
        Dataset = Dataset,
    };

    /// <summary>Stem and encoder of the largest size at full depth, decoder and masks as the mean of the points; no gate is asked.</summary>
    private static StageTimes Summarize(IReadOnlyList<StageTimes> byPoint)
    {
        var mean = byPoint[^1] with { Gate = null, Decoder = byPoint.Average(static point => point.Decoder), Mask = byPoint.Average(static point => point.Mask) };
        return mean.Map(static (_, milliseconds) => Math.Round(milliseconds, 3));
    }
}
