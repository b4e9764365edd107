using System.Numerics.Tensors;

namespace EcoM2F.Inference.Models;

/// <summary>
/// What makes an exit's tokens more like those after the last layer: an affine map for each level. It runs at the end of the exit's graph;
/// <see cref="Apply"/> is the same in plain code.
/// </summary>
/// <param name="Exit">Encoder layers before it; below the model's deepest exit.</param>
/// <param name="Levels">In the order of the token axis. All of one width.</param>
public sealed record ExitAdapter(int Exit, IReadOnlyList<LevelMap> Levels)
{
    /// <summary>d: channels of a token.</summary>
    public int Width => Levels[0].Bias.Length;

    /// <param name="tokens">[N, d] of one image, level after level.</param>
    /// <param name="levelTokens">Tokens of each level; they add up to N.</param>
    /// <param name="result">[N, d]; not the same memory.</param>
    public void Apply(ReadOnlySpan<float> tokens, IReadOnlyList<int> levelTokens, Span<float> result)
    {
        var width = Width;
        for (var level = 0; level < Levels.Count; level++)
        {
            var length = levelTokens[level] * width;
            Levels[level].Apply(tokens[..length], result[..length]);
            tokens = tokens[length..];
            result = result[length..];
        }
    }
}

/// <summary>y = x W + b for a token x.</summary>
/// <param name="Weight">W, [d, d], a row for each input.</param>
/// <param name="Bias">b, [d].</param>
public sealed record LevelMap(float[] Weight, float[] Bias)
{
    /// <param name="x">[n, d].</param>
    /// <param name="y">[n, d]; not the same memory.</param>
    public void Apply(ReadOnlySpan<float> x, Span<float> y)
    {
        var width = Bias.Length;
        for (var start = 0; start < x.Length; start += width)
        {
            var sum = y.Slice(start, width);
            Bias.CopyTo(sum);
            for (var i = 0; i < width; i++)
            {
                TensorPrimitives.MultiplyAdd(Weight.AsSpan(i * width, width), x[start + i], sum, sum);
            }
        }
    }
}
