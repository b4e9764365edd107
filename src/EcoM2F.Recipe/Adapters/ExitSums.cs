using System.Collections.Concurrent;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Recipe.Gates;

namespace EcoM2F.Recipe.Adapters;

/// <summary>Sums over the tokens of some photographs, for every exit below the last and each level: what adapters are fitted and judged with.</summary>
internal sealed class ExitSums
{
    private readonly int _last;

    /// <param name="exits">All of the model's.</param>
    /// <param name="moments">By exit below the last and by level.</param>
    public ExitSums(IReadOnlyList<int> exits, Moments[][] moments) => (Exits, _last, Moments) = ([.. exits.SkipLast(1)], exits[^1], moments);

    public static ExitSums Empty(IReadOnlyList<int> exits, int levels, int width) =>
        new(exits, [.. exits.SkipLast(1).Select(_ => Enumerable.Range(0, levels).Select(_ => new Moments(width, width)).ToArray())]);

    /// <summary>Those that can have an adapter.</summary>
    public IReadOnlyList<int> Exits { get; }

    /// <summary>By exit and level.</summary>
    public Moments[][] Moments { get; }

    public int Levels => Moments[0].Length;

    public int Width => Moments[0][0].Width;

    /// <summary>Adds a photograph, on all cores; the result does not depend on how many there are.</summary>
    public void Add(EncodedImage image)
    {
        var starts = new int[Levels];
        for (var level = 1; level < Levels; level++)
        {
            starts[level] = starts[level - 1] + (image.LevelTokens[level - 1] * Width);
        }

        // the largest first, so that no core waits long for another
        var pairs = Enumerable.Range(0, Exits.Count * Levels).OrderByDescending(pair => image.LevelTokens[pair % Levels]).ToArray();
        var scratch = new ConcurrentBag<TokenProducts>();
        Parallel.ForEach(pairs, pair =>
        {
            var (exit, level) = Math.DivRem(pair, Levels);
            var length = image.LevelTokens[level] * Width;
            var products = scratch.TryTake(out var free) ? free : new TokenProducts(Width);
            products.AddTo(Moments[exit][level], image.Tokens(Exits[exit]).Slice(starts[level], length), image.Tokens(_last).Slice(starts[level], length));
            scratch.Add(products);
        });
    }

    /// <summary>Of both together.</summary>
    public ExitSums Plus(ExitSums other) => new(
        [.. Exits, _last],
        [.. Moments.Select((levels, exit) => levels.Select((moments, level) => Gates.Moments.Sum([moments, other.Moments[exit][level]])).ToArray())]);
}
