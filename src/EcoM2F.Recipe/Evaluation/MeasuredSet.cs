using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Derive;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Evaluation;

/// <summary>A set's images, each measured at every exit: whatever a policy chooses, its quality and cost are read off.</summary>
public sealed record MeasuredSet
{
    private readonly CostTable _costs;

    internal MeasuredSet(ModelManifest model, Dataset set, IReadOnlyList<MeasuredImage> images) =>
        (Model, Set, Images, _costs) = (model, set, images, new CostTable(model.Costs));

    public ModelManifest Model { get; internal init; }

    public Dataset Set { get; }

    /// <summary>In the order of the set.</summary>
    internal IReadOnlyList<MeasuredImage> Images { get; }

    /// <summary>Quality of the set.</summary>
    /// <param name="choices">Index of the exit, by image.</param>
    internal ISetMetric Quality(int[] choices) => Set.Combine([.. Images.Select((image, i) => image.Counts[choices[i]])]);

    /// <summary>Mean of the images' own quality; those without anything to score do not count.</summary>
    internal double ImageQuality(int[] choices) => new MeanMetric([.. Images.Select((image, i) => image.Quality[choices[i]])]).Quality([]);

    /// <summary>Encoder layers.</summary>
    internal double MeanDepth(int[] choices) => choices.Average(exit => Model.Exits[exit]);

    /// <summary>Whole model, billions of multiply-adds per image.</summary>
    internal double Gmacs(int[] choices) => Images.Select((image, i) => _costs.Gmacs(new ComputePoint(image.Size, Model.Exits[choices[i]]))).Average();

    /// <summary>Whole way of an image.</summary>
    /// <param name="gate">Whether a gate chose.</param>
    internal double Milliseconds(int[] choices, bool gate) => Images.Select((image, i) => image.Times.At(choices[i], Model.Exits, gate)).Average();

    /// <summary>The same exit for every image.</summary>
    /// <param name="exit">Its index.</param>
    internal int[] Always(int exit) => [.. Enumerable.Repeat(exit, Images.Count)];
}
