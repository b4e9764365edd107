using EcoM2F.Inference.Compute;
using EcoM2F.Recipe.Datasets;

namespace EcoM2F.Recipe.Derive;

/// <summary>What all rows of one run of <c>derive</c> have in common.</summary>
/// <param name="Model">The model's <see cref="ModelIdentity"/>.</param>
/// <param name="Exits">Its depths.</param>
/// <param name="Dataset">The set's hash.</param>
/// <param name="Part">The images of this run's shard, in the order of their rows.</param>
internal sealed record DerivedRun(string Model, IReadOnlyList<int> Exits, string Dataset, IReadOnlyList<DatasetImage> Part)
{
    /// <exception cref="RecipeException">The row is of another model or data set.</exception>
    public void RequireSame(DerivedRow row, string place)
    {
        Require(row.Model == Model && row.Depths.SequenceEqual(Exits), $"is of another model: its 'model' is {row.Model ?? "absent"}, and this one is {Model}");
        Require(row.Dataset == Dataset, $"is of another data set, or of another state of this one: its 'dataset' is {row.Dataset ?? "absent"}, and this one is {Dataset}");

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
        Quality = image.Quality,
        Pooled = image.Pooled,
        Times = Summarize(image.Times),
        Model = Model,
        Dataset = Dataset,
    };

    /// <summary>The encoder at full depth, decoder and masks as the mean of the exits; no gate is asked.</summary>
    private static StageTimes Summarize(IReadOnlyList<StageTimes> byExit)
    {
        var mean = byExit[^1] with { Gate = null, Decoder = byExit.Average(static exit => exit.Decoder), Mask = byExit.Average(static exit => exit.Mask) };
        return mean.Map(static (_, milliseconds) => Math.Round(milliseconds, 3));
    }
}
