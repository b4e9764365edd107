using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Gates;

/// <summary>Images split into parts of equal size (to one image), at random by a seed: each part is held out in turn.</summary>
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

    public ulong Seed { get; }

    public int Count => _parts.Length;

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
