using EcoM2F.Inference.Pipeline;
using EcoM2F.Recipe.Adapters;
using EcoM2F.Recipe.Gates;

namespace EcoM2F.Benchmarks.Exits;

/// <summary>
/// Sums over the tokens of some photographs, by exit below the last and by level, from which every variant is fitted: inputs are
/// <see cref="TokenFeatures"/>, outputs the tokens after the last layer and those after the layer before it.
/// </summary>
internal sealed class FeatureSums(IReadOnlyList<int> exits, int levels, int width)
{
    public const int LastLayer = 0;
    public const int LayerBefore = 1;

    /// <summary>As many outputs as inputs, because <see cref="TokenProducts"/> has them so: the last block is zero.</summary>
    private readonly Moments[][] _moments =
        [.. exits.SkipLast(1).Select(_ => Enumerable.Range(0, levels).Select(_ => new Moments(width * TokenFeatures.Blocks, width * TokenFeatures.Blocks)).ToArray())];

    public int Levels => levels;

    /// <summary>d: channels of a token.</summary>
    public int Width => width;

    public void Add(EncodedImage image)
    {
        var grids = LevelGrid.Of(image);
        var features = exits.SkipLast(1).Select(exit => TokenFeatures.Of(image, exit, grids)).ToArray();
        var targets = Targets(image);
        Parallel.ForEach(Enumerable.Range(0, features.Length * levels).OrderByDescending(pair => grids[pair % levels].Tokens).ToList(), pair =>
        {
            var (exit, level) = Math.DivRem(pair, levels);
            var row = width * TokenFeatures.Blocks;
            var part = new Range(grids[level].Start * row, (grids[level].Start + grids[level].Tokens) * row);
            new TokenProducts(row).AddTo(_moments[exit][level], features[exit].AsSpan(part), targets.AsSpan(part));
        });
    }

    /// <summary>The sums of some blocks of inputs and one of outputs.</summary>
    /// <param name="exit">Its place among the exits.</param>
    /// <param name="blocks">Ascending.</param>
    /// <param name="target"><see cref="LastLayer"/> or <see cref="LayerBefore"/>.</param>
    public Moments Part(int exit, int level, IReadOnlyList<int> blocks, int target)
    {
        var (all, part) = (_moments[exit][level], new Moments(blocks.Count * width, width));
        part.Count = all.Count;
        all.Y.AsSpan(target * width, width).CopyTo(part.Y);
        all.YY.AsSpan(target * width, width).CopyTo(part.YY);
        for (var to = 0; to < blocks.Count; to++)
        {
            all.X.AsSpan(blocks[to] * width, width).CopyTo(part.X.AsSpan(to * width));
            for (var i = 0; i < width; i++)
            {
                all.XY.AsSpan((((target * width) + i) * all.Width) + (blocks[to] * width), width).CopyTo(part.XY.AsSpan((i * part.Width) + (to * width)));
                for (var column = to; column < blocks.Count; column++)
                {
                    all.XX.AsSpan((((blocks[to] * width) + i) * all.Width) + (blocks[column] * width), width).CopyTo(part.XX.AsSpan((((to * width) + i) * part.Width) + (column * width)));
                }
            }
        }

        return part;
    }

    /// <summary>Of the last layer's tokens, summed over levels, tokens and channels.</summary>
    public double Variance() => _moments[0].Sum(moments => Enumerable.Range(0, width).Sum(k => moments.YY[k] - (moments.Y[k] * moments.Y[k] / moments.Count)));

    private float[] Targets(EncodedImage image)
    {
        var last = image.Tokens(exits[^1]);
        var before = image.Tokens(exits[^2]);
        var targets = new float[last.Length * TokenFeatures.Blocks];
        for (var at = 0; at < last.Length; at += width)
        {
            last.Slice(at, width).CopyTo(targets.AsSpan((at * TokenFeatures.Blocks) + (LastLayer * width)));
            before.Slice(at, width).CopyTo(targets.AsSpan((at * TokenFeatures.Blocks) + (LayerBefore * width)));
        }

        return targets;
    }
}
