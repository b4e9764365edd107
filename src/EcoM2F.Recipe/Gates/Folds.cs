using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Gates;

/// <summary>
/// Images split into parts, at random by a seed: each part is held out in turn. Parts are of equal size (to one image); where images come in
/// scenes, which stay together, of an equal number of scenes (to one).
/// </summary>
internal sealed class Folds
{
    private readonly int[][] _parts;

    /// <param name="images">At least two.</param>
    /// <param name="count">How many parts; 2 to the number of images.</param>
    public Folds(int images, int count, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, images);
        Seed = seed;
        var order = Order(images, seed, stream: 0);
        _parts = new int[count][];
        for (var part = 0; part < count; part++)
        {
            _parts[part] = [.. order.Where((_, place) => place % count == part).Order()];
        }
    }

    private Folds(int[][] parts, ulong seed) => (_parts, Seed) = (parts, seed);

    public ulong Seed { get; }

    public int Count => _parts.Length;

    /// <param name="scenes">By image.</param>
    /// <param name="count">How many parts; at most one for each scene is made, which leaves one scene out at a time.</param>
    public static Folds ByScene(IReadOnlyList<string> scenes, int count, ulong seed)
    {
        var groups = scenes.Index().GroupBy(static image => image.Item, static image => image.Index, StringComparer.Ordinal).Select(static group => group.ToArray()).ToArray();
        ArgumentOutOfRangeException.ThrowIfLessThan(groups.Length, 2, nameof(scenes));
        var (parts, order) = (Math.Min(count, groups.Length), Order(groups.Length, seed, stream: 0));
        return new Folds([.. Enumerable.Range(0, parts).Select(part => order.Where((_, place) => place % parts == part).SelectMany(scene => groups[scene]).Order().ToArray())], seed);
    }

    /// <summary>Images of a part, ascending.</summary>
    public IReadOnlyList<int> this[int part] => _parts[part];

    /// <summary>Every part but these.</summary>
    internal int[] Except(params ReadOnlySpan<int> heldOut)
    {
        var parts = new List<int>();
        for (var part = 0; part < Count; part++)
        {
            if (!heldOut.Contains(part))
            {
                parts.Add(part);
            }
        }

        return [.. parts];
    }

    /// <summary>Some parts, in at most so many groups that validate in turn: with more of them tuning takes longer and finds the same.</summary>
    internal static IReadOnlyList<int[]> Groups(int[] parts, int most) => parts.Length <= most
        ? [.. parts.Select(static part => (int[])[part])]
        : [.. Enumerable.Range(0, most).Select(group => parts.Where((_, place) => place % most == group).ToArray())];

    internal int[] Images(IEnumerable<int> parts) => [.. parts.SelectMany(part => _parts[part]).Order()];

    /// <summary>0 to count - 1, shuffled (Fisher and Yates).</summary>
    internal static int[] Order(int count, ulong seed, ulong stream)
    {
        var random = new SplitMix64(seed, stream);
        var order = new int[count];
        for (var i = 0; i < count; i++)
        {
            var other = random.Next(i + 1);
            order[i] = order[other];
            order[other] = i;
        }

        return order;
    }
}
