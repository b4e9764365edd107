using System.Numerics.Tensors;
using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;

namespace EcoM2F.Recipe.Gates;

/// <summary>What gates are trained on: per image the pooled feature, and the quality and the cost of each point. Immutable.</summary>
public sealed class GateData
{
    /// <summary><see cref="GatePoint.Size"/> of rows by exit: the model's own size, whatever that is.</summary>
    public const int OwnSize = 0;

    private readonly float[] _features;
    private readonly double[] _quality;
    private readonly double[] _costs;
    private readonly double[] _gmacs;

    /// <summary>Exits at the own size; a layer costs 1.</summary>
    /// <param name="exits">Encoder depths, ascending.</param>
    /// <param name="features">[images, d] row by row.</param>
    /// <param name="quality">[images, exits] row by row, fractions.</param>
    public GateData(IReadOnlyList<int> exits, float[] features, double[] quality)
        : this([.. exits.Select(static exit => new GatePoint(OwnSize, exit))], features, quality, [.. Enumerable.Range(0, quality.Length).Select(i => (double)exits[i % exits.Count])])
    {
    }

    /// <param name="points">In the order of <see cref="ModelManifest.Points"/>; the first is the cheapest.</param>
    /// <param name="features">[images, d] row by row.</param>
    /// <param name="quality">[images, points] row by row, fractions.</param>
    /// <param name="costs">[images, points], layer equivalents.</param>
    /// <param name="gmacs">[images, points], the probe included; null: not known, and <paramref name="costs"/> stand in.</param>
    internal GateData(IReadOnlyList<GatePoint> points, float[] features, double[] quality, double[] costs, double[]? gmacs = null)
    {
        (Points, _features, _quality, _costs, _gmacs) = (points, features, quality, costs, gmacs ?? costs);
        Images = quality.Length / points.Count;
        Width = Images == 0 ? 0 : features.Length / Images;
        Full = points.Count - 1;
        Scenes = [.. Enumerable.Range(0, Images).Select(static image => FormattableString.Invariant($"{image}"))];
        Sets = new int[Images];
    }

    public IReadOnlyList<GatePoint> Points { get; }

    /// <summary>Whether rows are by point, and not by exit.</summary>
    public bool HasPoints => Points[0].Size != OwnSize;

    public int Images { get; }

    /// <summary>Length d of the pooled feature.</summary>
    public int Width { get; }

    /// <summary>Index of the deepest exit at the own size, with the whole decoder, among the points: what losses refer to.</summary>
    internal int Full { get; init; }

    /// <summary>Whether quality is agreement with the model's own full result.</summary>
    internal bool IsAgreement { get; init; }

    /// <summary>What fixed points cost: the same images without the probe that a gate needs; null where there is none.</summary>
    internal GateData? Fixed { get; init; }

    /// <summary>By image: photographs of one scene have one name, and are held out together.</summary>
    internal IReadOnlyList<string> Scenes { get; init; }

    /// <summary>How many scenes the images show.</summary>
    public int SceneCount => Scenes.Distinct().Count();

    /// <summary>By image: index of the data set that it is of.</summary>
    internal IReadOnlyList<int> Sets { get; init; }

    /// <summary>The image's pooled feature.</summary>
    public ReadOnlySpan<float> Feature(int image) => _features.AsSpan(image * Width, Width);

    /// <summary>The image's quality by point.</summary>
    public ReadOnlySpan<double> Quality(int image) => _quality.AsSpan(image * Points.Count, Points.Count);

    /// <summary>The image's cost by point, in encoder layers at the own size; without sizes that is the depth.</summary>
    public ReadOnlySpan<double> Costs(int image) => _costs.AsSpan(image * Points.Count, Points.Count);

    /// <summary>The image's cost by point, in GMACs, the probe included.</summary>
    public ReadOnlySpan<double> Gmacs(int image) => _gmacs.AsSpan(image * Points.Count, Points.Count);

    /// <summary><see cref="UtilityRule.Of"/> of an image at a point, PQ points.</summary>
    /// <param name="point">Index of the point.</param>
    public double Utility(int image, int point, double beta) => UtilityRule.Of(Quality(image)[point], beta, Costs(image)[point]);

    /// <summary>The same images, others left out.</summary>
    internal GateData Take(IReadOnlyList<int> images) => new(
        Points,
        [.. images.SelectMany(image => Feature(image).ToArray())],
        [.. images.SelectMany(image => Quality(image).ToArray())],
        [.. images.SelectMany(image => Costs(image).ToArray())],
        [.. images.SelectMany(image => Gmacs(image).ToArray())])
    {
        Full = Full,
        IsAgreement = IsAgreement,
        Fixed = Fixed?.Take(images),
        Scenes = [.. images.Select(image => Scenes[image])],
        Sets = [.. images.Select(image => Sets[image])],
    };

    internal GateData WithoutProbe() => Fixed ?? this;

    /// <summary>By point: the mean of the images' costs, which a classifier's price is reckoned at; its scores cannot know an image's shape.</summary>
    internal double[] MeanCosts()
    {
        var sum = new double[Points.Count];
        for (var image = 0; image < Images; image++)
        {
            TensorPrimitives.Add(sum, Costs(image), sum);
        }

        TensorPrimitives.Divide(sum, Images, sum);
        return sum;
    }
}
