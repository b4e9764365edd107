using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Recipe.Datasets;

namespace EcoM2F.Recipe.Derive;

/// <summary>
/// Step B: per image of a set, the quality at every point and the feature that a gate sees, as rows of a file. Given again, it goes on where it
/// stopped. A row does not depend on the order of images, on the shard, or on where a run stopped.
/// </summary>
public sealed class Derivation
{
    private readonly Dataset _set;
    private readonly DerivedRun _run;
    private readonly string _output;
    private readonly long _bytes;

    private Derivation(ModelManifest model, Dataset set, DerivedRun run, string output, (int Rows, long Bytes) there)
    {
        (_set, _run, _output, _bytes) = (set, run, output, there.Bytes);
        Points = [.. run.Points.Select(point => ModelPoints.Name(model, point))];
        Todo = [.. run.Part.Skip(there.Rows)];
    }

    /// <summary>Images of this part.</summary>
    public int Images => _run.Part.Count;

    /// <summary>Those without a row.</summary>
    public IReadOnlyList<DatasetImage> Todo { get; }

    /// <summary>The model's <see cref="ModelIdentity"/>.</summary>
    public string Model => _run.Model;

    /// <summary>The set's hash.</summary>
    public string Dataset => _run.Dataset;

    /// <summary>Checks what is there already; nothing is written.</summary>
    /// <param name="takes">Whether the image at this place of the set is in this run's shard.</param>
    /// <param name="output">The file of rows.</param>
    /// <param name="precision">Of the graphs that will run: one of <see cref="GraphPrecisions"/>.</param>
    /// <exception cref="RecipeException">The model cannot do the set's task; or the file is of another model, precision, data set or shard.</exception>
    public static Derivation Plan(ModelManifest model, Dataset set, Func<int, bool> takes, string output, string precision = GraphPrecisions.Fp32)
    {
        RequireTask(model, set);
        var run = DerivedRun.Of(model, set, takes, precision);
        return new Derivation(model, set, run, output, DerivedFile.Check(output, run));
    }

    /// <exception cref="RecipeException">The model has no result that the set could measure.</exception>
    public static void RequireTask(ModelManifest model, Dataset set)
    {
        if (!TaskNames.Of(model).HasFlag(set.NeedsOf(model)))
        {
            throw new RecipeException($"The set is for {set.Task}, and model '{model.Name}' does {string.Join(", ", model.Tasks)}.");
        }
    }

    /// <summary>Makes the file of a shard without images: what merges shards finds a file all the same.</summary>
    public void WriteEmptyShard()
    {
        if (Images == 0)
        {
            DerivedFile.Open(_output, _bytes).Dispose();
        }
    }

    /// <summary>Writes the rows that are not there.</summary>
    /// <param name="advance">Called after each row.</param>
    /// <exception cref="RecipeException">An image can no longer be read. Rows before it are kept.</exception>
    public async Task RunAsync(ExitsEngine engine, Action advance, CancellationToken cancellationToken)
    {
        using var file = DerivedFile.Open(_output, _bytes);
        await new ImageMeasurer(engine, _set, default).MeasureAllAsync(
            Todo,
            image =>
            {
                file.Append(_run.ToRow(image));
                advance();
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Decodes the images that are still to be done.</summary>
    /// <exception cref="RecipeException">Some cannot be decoded; the message names them.</exception>
    public void CheckImages(IProgress<DatasetProgress>? progress, CancellationToken cancellationToken) => ImageBytes.CheckAll(Todo, progress, cancellationToken);

    /// <summary>What can be chosen, as reports name it.</summary>
    public IReadOnlyList<string> Points { get; }

    /// <summary>By point: mean of the images' own quality, over the rows that are there.</summary>
    public IReadOnlyList<double> MeanQuality()
    {
        var rows = new DerivedRowReader(_output).Read().ToList();
        return [.. Enumerable.Range(0, _run.Points.Count).Select(point => new Metrics.MeanMetric([.. rows.Select(row => row.Quality[point])]).Quality([]))];
    }
}
