using System.Numerics.Tensors;
using EcoM2F.Recipe.Gates;

namespace EcoM2F.Benchmarks.Exits;

/// <summary>A fitted variant's maps, by level.</summary>
internal sealed class FeatureMap
{
    private readonly IReadOnlyList<LevelPart> _levels;

    /// <param name="levels">The blocks of <see cref="TokenFeatures"/> that a level's map reads, and the map.</param>
    public FeatureMap(IReadOnlyList<(IReadOnlyList<int> Blocks, AffineMap Map)> levels) =>
        _levels = [.. levels.Select(static level => LevelPart.Of(level.Blocks, level.Map))];

    /// <param name="features">[N, 3 d].</param>
    /// <returns>[N, d].</returns>
    public float[] Apply(float[] features, IReadOnlyList<LevelGrid> grids)
    {
        var result = new float[features.Length / TokenFeatures.Blocks];
        for (var level = 0; level < grids.Count; level++)
        {
            var (blocks, weight, bias) = _levels[level];
            var d = bias.Length;
            for (var token = grids[level].Start; token < grids[level].Start + grids[level].Tokens; token++)
            {
                var sum = result.AsSpan(token * d, d);
                bias.CopyTo(sum);
                for (var i = 0; i < blocks.Count * d; i++)
                {
                    TensorPrimitives.MultiplyAdd(weight.AsSpan(i * d, d), features[(((token * TokenFeatures.Blocks) + blocks[i / d]) * d) + (i % d)], sum, sum);
                }
            }
        }

        return result;
    }

    /// <param name="Weight">[inputs, d].</param>
    private sealed record LevelPart(IReadOnlyList<int> Blocks, float[] Weight, float[] Bias)
    {
        public static LevelPart Of(IReadOnlyList<int> blocks, AffineMap map)
        {
            var (d, inputs) = (map.Outputs, map.Weight.Length / map.Outputs);
            var weight = new float[inputs * d];
            for (var k = 0; k < d; k++)
            {
                for (var i = 0; i < inputs; i++)
                {
                    weight[(i * d) + k] = (float)map.Row(k)[i];
                }
            }

            return new LevelPart(blocks, weight, [.. map.Bias.Select(static value => (float)value)]);
        }
    }
}
