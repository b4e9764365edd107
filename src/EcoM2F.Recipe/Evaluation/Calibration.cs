using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Gates;

namespace EcoM2F.Recipe.Evaluation;

/// <summary>How far what a gate says is what happens: predictions in bins of equal size, lowest first.</summary>
/// <param name="Gate">Its profile.</param>
/// <param name="What">What is predicted.</param>
public sealed record Calibration(string Gate, string What, IReadOnlyList<CalibrationBin> Bins)
{
    private const int MostBins = 10;

    /// <summary>Fewer would make a bin's mean mostly chance.</summary>
    private const int LeastInBin = 12;

    /// <summary>Of a utility gate: quality, and what points gain over the cheapest. Of a classifier: how often a point is best.</summary>
    internal static IReadOnlyList<Calibration> Of(MeasuredSet set) =>
        [.. set.Model.Gates?.Profiles.OrderBy(static profile => profile.Key, StringComparer.Ordinal).SelectMany(profile => Of(set, profile.Key, profile.Value)) ?? []];

    private static IEnumerable<Calibration> Of(MeasuredSet set, string name, GateProfile gate)
    {
        // An image without anything to score says nothing.
        var images = set.Images.Where(static image => !double.IsNaN(image.Quality[0])).ToList();
        var known = set.Model.Points.ToList();
        int[] points = [.. set.Model.PointsOf(gate).Select(point => known.IndexOf(point))];
        var (what, cheapest) = gate.Points is null ? ("an exit", "the shallowest exit") : ("a point", "the cheapest point");
        if (gate.Kind == GateProfile.Utility)
        {
            yield return new Calibration(name, $"quality of {what}, points", Bin(images.SelectMany(image => points.Select((point, i) => (100.0 * image.Gates[name][i], 100 * image.Quality[point])))));
            yield return new Calibration(name, $"gain over {cheapest}, points", Bin(images.SelectMany(image =>
                points.Skip(1).Select((point, i) => (100.0 * (image.Gates[name][i + 1] - image.Gates[name][0]), 100 * (image.Quality[point] - image.Quality[points[0]]))))));
            yield break;
        }

        yield return new Calibration(name, $"{what} is the best one, %", Bin(images.SelectMany(image =>
        {
            var costs = set.Costs(image, probe: gate.Points is not null);
            var best = ExitChoice.Of([.. points.Select(point => image.Quality[point])], [.. points.Select(point => costs[point])], gate.Beta ?? 0);
            return Softmax(image.Gates[name].AsSpan(0, points.Length).ToArray()).Select((probability, i) => (100 * probability, i == best ? 100.0 : 0));
        })));
    }

    private static List<CalibrationBin> Bin(IEnumerable<(double Predicted, double Actual)> pairs)
    {
        var sorted = pairs.OrderBy(static pair => pair.Predicted).ToList();
        var count = Math.Clamp(sorted.Count / LeastInBin, 1, MostBins);
        var bins = new List<CalibrationBin>();
        for (var bin = 0; bin < count && sorted.Count > 0; bin++)
        {
            var part = sorted[(sorted.Count * bin / count)..(sorted.Count * (bin + 1) / count)];
            bins.Add(new CalibrationBin(part.Average(static pair => pair.Predicted), part.Average(static pair => pair.Actual), part.Count));
        }

        return bins;
    }

    private static IEnumerable<double> Softmax(float[] scores)
    {
        var most = scores.Max();
        var sum = scores.Sum(score => Math.Exp(score - most));
        return scores.Select(score => Math.Exp(score - most) / sum);
    }
}

/// <summary>Mean of what was predicted, mean of what happened.</summary>
public sealed record CalibrationBin(double Predicted, double Actual, int Count);
