using System.Numerics.Tensors;
using EcoM2F.Inference.Pipeline;

namespace EcoM2F.Benchmarks.Exits;

/// <summary>
/// What maps may read of each token, in blocks of d numbers: the token itself, the mean of the 3 x 3 tokens around it (those inside the
/// level, itself among them), and the next coarser level at its place (bilinear; zero in the coarsest).
/// </summary>
internal static class TokenFeatures
{
    public const int Own = 0;
    public const int Neighbours = 1;
    public const int Coarser = 2;
    public const int Blocks = 3;

    /// <returns>[N, 3 d].</returns>
    public static float[] Of(EncodedImage image, int exit, IReadOnlyList<LevelGrid> grids)
    {
        var d = image.Width;
        var tokens = image.Tokens(exit);
        var features = new float[tokens.Length * Blocks];
        foreach (var grid in grids)
        {
            for (var y = 0; y < grid.Height; y++)
            {
                for (var x = 0; x < grid.Width; x++)
                {
                    var row = features.AsSpan((grid.Start + (y * grid.Width) + x) * Blocks * d, Blocks * d);
                    Token(tokens, grid, y, x, d).CopyTo(row);
                    Average(tokens, grid, (y, x), row.Slice(Neighbours * d, d));
                    if (grid.Coarser is { } coarser)
                    {
                        Interpolate(tokens, coarser, (Place(y, grid.Height, coarser.Height), Place(x, grid.Width, coarser.Width)), row.Slice(Coarser * d, d));
                    }
                }
            }
        }

        return features;
    }

    private static void Average(ReadOnlySpan<float> tokens, LevelGrid grid, (int Y, int X) at, Span<float> mean)
    {
        var count = 0;
        for (var y = Math.Max(at.Y - 1, 0); y <= Math.Min(at.Y + 1, grid.Height - 1); y++)
        {
            for (var x = Math.Max(at.X - 1, 0); x <= Math.Min(at.X + 1, grid.Width - 1); x++)
            {
                TensorPrimitives.Add(mean, Token(tokens, grid, y, x, mean.Length), mean);
                count++;
            }
        }

        TensorPrimitives.Divide(mean, count, mean);
    }

    private static void Interpolate(ReadOnlySpan<float> tokens, LevelGrid grid, (float Y, float X) at, Span<float> value)
    {
        var (top, left) = ((int)at.Y, (int)at.X);
        var (down, right) = (at.Y - top, at.X - left);
        var (bottom, next) = (Math.Min(top + 1, grid.Height - 1), Math.Min(left + 1, grid.Width - 1));
        TensorPrimitives.MultiplyAdd(Token(tokens, grid, top, left, value.Length), (1 - down) * (1 - right), value, value);
        TensorPrimitives.MultiplyAdd(Token(tokens, grid, top, next, value.Length), (1 - down) * right, value, value);
        TensorPrimitives.MultiplyAdd(Token(tokens, grid, bottom, left, value.Length), down * (1 - right), value, value);
        TensorPrimitives.MultiplyAdd(Token(tokens, grid, bottom, next, value.Length), down * right, value, value);
    }

    /// <summary>A token's centre on the coarser grid, in tokens.</summary>
    private static float Place(int at, int length, int coarser) => Math.Clamp(((at + 0.5f) * coarser / length) - 0.5f, 0, coarser - 1);

    private static ReadOnlySpan<float> Token(ReadOnlySpan<float> tokens, LevelGrid grid, int y, int x, int d) =>
        tokens.Slice((grid.Start + (y * grid.Width) + x) * d, d);
}
