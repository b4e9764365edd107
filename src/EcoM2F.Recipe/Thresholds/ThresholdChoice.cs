using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Thresholds;

/// <summary>
/// Chooses thresholds of classes by what images gave at each value of a grid: the value at which the class has the largest PQ over the images, of
/// equals the one nearest to the model's own. For a class with few objects none is chosen.
/// </summary>
/// <param name="grid">Ascending; holds <paramref name="own"/>.</param>
/// <param name="counts">By image, of each by value of the grid, all classes at that value.</param>
internal sealed class ThresholdChoice(IReadOnlyList<float> grid, float own, IReadOnlyList<PanopticCounts[]> counts)
{
    /// <summary>
    /// Objects of a class that are enough to choose by. One object more or less changes the PQ of ten by a tenth; fewer say more about themselves than
    /// about the class.
    /// </summary>
    public const int LeastObjects = 10;

    private const int Steps = 20;

    /// <summary>0.05 to 0.95 in steps of 0.05, and the model's own.</summary>
    public static IReadOnlyList<float> Grid(float own) => [.. Enumerable.Range(1, Steps - 1).Select(static step => (float)step / Steps).Append(own).Distinct().Order()];

    /// <summary>The two halves of a set: images in the order of the hashes of their names, so that they are the same on every machine.</summary>
    /// <returns>Whether each image is in the first half, which has one more where they are odd.</returns>
    public static bool[] FirstHalf(IReadOnlyList<string> names)
    {
        var isFirst = new bool[names.Count];
        var order = Enumerable.Range(0, names.Count).OrderBy(i => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(names[i]))), StringComparer.Ordinal);
        foreach (var i in order.Take((names.Count + 1) / 2))
        {
            isFirst[i] = true;
        }

        return isFirst;
    }

    /// <param name="takesPart">By image: whether it chooses.</param>
    /// <returns>By class index; classes for which none, or the model's own, is chosen are not there.</returns>
    public Dictionary<int, float> Choose(Func<int, bool> takesPart)
    {
        var sums = grid.Select((_, value) => PanopticCounts.Sum(counts.Where((_, image) => takesPart(image)).Select(image => image[value])).Classes.ToDictionary(static item => item.ClassId)).ToList();
        var chosen = new Dictionary<int, float>();
        foreach (var id in sums.SelectMany(static sum => sum.Keys).Distinct().Order())
        {
            ClassCounts[] byValue = [.. sums.Select(sum => sum.GetValueOrDefault(id, new ClassCounts(id, 0, 0, 0, 0)))];
            var best = Best(byValue);
            if (byValue.Max(static item => item.TruePositives + item.FalseNegatives) >= LeastObjects && grid[best] != own)
            {
                chosen[id] = grid[best];
            }
        }

        return chosen;
    }

    private int Best(ClassCounts[] byValue)
    {
        var best = 0;
        for (var i = 1; i < byValue.Length; i++)
        {
            var (quality, most) = (Quality(byValue[i]), Quality(byValue[best]));
            if (quality > most || (quality == most && Math.Abs(grid[i] - own) < Math.Abs(grid[best] - own)))
            {
                best = i;
            }
        }

        return best;
    }

    /// <summary>0 where the class is neither there nor found.</summary>
    private static double Quality(ClassCounts counts) => counts.Occurs ? counts.Pq : 0;
}
