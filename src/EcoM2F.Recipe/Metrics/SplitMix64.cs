namespace EcoM2F.Recipe.Metrics;

/// <summary>
/// Steele, Lea and Flood's generator (OOPSLA 2014): the same numbers on every machine and runtime, and a stream of its own for every
/// draw, so that draws can be made in any order.
/// </summary>
internal struct SplitMix64(ulong seed, ulong stream)
{
    private const ulong Step = 0x9E3779B97F4A7C15;

    /// <summary>Mixed, so that neighbouring streams are not shifts of each other.</summary>
    private ulong _state = Mix(Mix(seed) + (stream * Step));

    /// <summary>0 to <paramref name="end"/> - 1; the bias of at most end / 2^64 is far below what could be seen.</summary>
    public int Next(int end)
    {
        _state += Step;
        return (int)Math.BigMul(Mix(_state), (ulong)end, out _);
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
