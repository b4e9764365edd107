using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Derive;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Evaluation;

/// <summary>A set's images, each measured at every point: whatever a policy chooses, its quality and cost are read off.</summary>
public sealed record MeasuredSet
{
    private readonly CostTable _costs;

    internal MeasuredSet(ModelManifest model, Dataset set, IReadOnlyList<MeasuredImage> images) =>
        (Model, Set, Images, _costs) = (model, set, images, new CostTable(model.Costs));

    public ModelManifest Model { get; internal init; }

    public Dataset Set { get; }

    /// <summary>In the order of the set.</summary>
    internal IReadOnlyList<MeasuredImage> Images { get; init; }

    /// <summary>What was chosen, in the order of the images.</summary>
    /// <param name="choices">Index of the point, by image.</param>
    internal IEnumerable<ComputePoint> Points(int[] choices) => Images.Select((image, i) => image.Points[choices[i]]);

    /// <summary>Quality of the set.</summary>
    /// <param name="choices">Index of the point, by image.</param>
    internal ISetMetric Quality(int[] choices) => Set.Combine([.. Images.Select((image, i) => image.Counts[choices[i]])]);

    /// <summary>Mean of the images' own quality; those without anything to score do not count.</summary>
    internal double ImageQuality(int[] choices) => new MeanMetric([.. Images.Select((image, i) => image.Quality[choices[i]])]).Quality([]);

    /// <summary>Encoder layers.</summary>
    internal double MeanDepth(int[] choices) => Points(choices).Average(static point => point.Depth);

    /// <summary>Whole model, billions of multiply-adds per image.</summary>
    /// <param name="probe">Whether a gate over points chose.</param>
    internal double Gmacs(int[] choices, bool probe) => Images.Select((image, i) => _costs.Gmacs(image.Points[choices[i]], probe ? image.Points[0].Input : null)).Average();

    /// <summary>What each point costs an image, in layer equivalents.</summary>
    /// <param name="probe">As <see cref="Gmacs"/> has it.</param>
    internal double[] Costs(MeasuredImage image, bool probe)
    {
        var own = image.Points.First(point => point.Size == Model.OwnSize).Input;
        return [.. image.Points.Select(point => _costs.LayerEquivalents(point, own, probe ? image.Points[0].Input : null))];
    }

    /// <summary>Whole way of an image.</summary>
    /// <param name="gate">Whether a gate chose.</param>
    /// <param name="probe">Whether that gate is over points.</param>
    internal double Milliseconds(int[] choices, bool gate, bool probe) => Images.Select((image, i) =>
        Whole(image.Times[choices[i]], gate) + (probe && image.Probe is { } times && image.Points[choices[i]].Size != image.Points[0].Size ? Whole(times, gate) : 0)).Average();

    private static double Whole(StageTimes times, bool gate) => (gate ? times : times with { Gate = null }).All.Sum(static time => time.Milliseconds);
}
