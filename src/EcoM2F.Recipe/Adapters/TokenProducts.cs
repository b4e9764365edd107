using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using EcoM2F.Recipe.Gates;

namespace EcoM2F.Recipe.Adapters;

/// <summary>
/// Adds many tokens at once to sums that <see cref="Moments.Add"/> would add them to one by one: products of a block of tokens are
/// accumulated in registers, tile by tile, in double precision. Not thread-safe: it holds the block.
/// </summary>
/// <param name="width">d: channels of a token.</param>
internal sealed class TokenProducts(int width)
{
    /// <summary>Tokens of a block: a panel of them is 4 KB, so that two stay in the first-level cache.</summary>
    private const int Block = 64;

    /// <summary>Columns of a panel, and of a tile.</summary>
    private const int Columns = 8;

    /// <summary>Rows of a tile: eight sums of four numbers each.</summary>
    private const int Rows = 4;

    private readonly double[] _x = new double[Block * width];
    private readonly double[] _y = new double[Block * width];
    private readonly double[] _xPanels = new double[Block * width];
    private readonly double[] _yPanels = new double[Block * width];

    /// <param name="x">[n, d].</param>
    /// <param name="y">[n, d].</param>
    public void AddTo(Moments sums, ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        for (var start = 0; start < x.Length; start += Block * width)
        {
            var length = Math.Min(x.Length - start, Block * width);
            TensorPrimitives.ConvertTruncating<float, double>(x.Slice(start, length), _x);
            TensorPrimitives.ConvertTruncating<float, double>(y.Slice(start, length), _y);
            AddBlock(sums, length / width);
        }
    }

    private void AddBlock(Moments sums, int tokens)
    {
        if (width % Columns != 0)
        {
            for (var token = 0; token < tokens; token++)
            {
                sums.Add(_x.AsSpan(token * width, width), _y.AsSpan(token * width, width));
            }

            return;
        }

        sums.Count += tokens;
        for (var token = 0; token < tokens; token++)
        {
            ReadOnlySpan<double> y = _y.AsSpan(token * width, width);
            TensorPrimitives.Add(sums.X, _x.AsSpan(token * width, width), sums.X);
            TensorPrimitives.Add(sums.Y, y, sums.Y);
            TensorPrimitives.MultiplyAdd(y, y, sums.YY, sums.YY);
        }

        Pack(_x, _xPanels, tokens);
        Pack(_y, _yPanels, tokens);
        for (var row = 0; row < width; row += Rows)
        {
            Products(_xPanels, row, tokens, row / Columns, sums.XX);
            Products(_yPanels, row, tokens, 0, sums.XY);
        }
    }

    /// <summary>[token, d] as [d / 8, token, 8]: what a tile reads lies together.</summary>
    private void Pack(double[] rows, double[] panels, int tokens)
    {
        for (var panel = 0; panel < width / Columns; panel++)
        {
            for (var token = 0; token < tokens; token++)
            {
                rows.AsSpan((token * width) + (panel * Columns), Columns).CopyTo(panels.AsSpan(((panel * tokens) + token) * Columns));
            }
        }
    }

    /// <summary>Four rows of a matrix of products with x, from a panel of columns on.</summary>
    private void Products(double[] left, int row, int tokens, int firstPanel, double[] sums)
    {
        ref var a = ref left[((row / Columns * tokens) * Columns) + (row % Columns)];
        for (var panel = firstPanel; panel < width / Columns; panel++)
        {
            Tile(ref a, ref _xPanels[panel * tokens * Columns], tokens, ref sums[(row * width) + (panel * Columns)]);
        }
    }

    private void Tile(ref double a, ref double b, int tokens, ref double sums)
    {
        Vector256<double> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        for (var token = 0; token < tokens; token++)
        {
            var at = (nuint)(token * Columns);
            var (low, high) = (Vector256.LoadUnsafe(ref b, at), Vector256.LoadUnsafe(ref b, at + 4));
            var factor = Vector256.Create(Unsafe.Add(ref a, at));
            (c00, c01) = (Vector256.FusedMultiplyAdd(factor, low, c00), Vector256.FusedMultiplyAdd(factor, high, c01));
            factor = Vector256.Create(Unsafe.Add(ref a, at + 1));
            (c10, c11) = (Vector256.FusedMultiplyAdd(factor, low, c10), Vector256.FusedMultiplyAdd(factor, high, c11));
            factor = Vector256.Create(Unsafe.Add(ref a, at + 2));
            (c20, c21) = (Vector256.FusedMultiplyAdd(factor, low, c20), Vector256.FusedMultiplyAdd(factor, high, c21));
            factor = Vector256.Create(Unsafe.Add(ref a, at + 3));
            (c30, c31) = (Vector256.FusedMultiplyAdd(factor, low, c30), Vector256.FusedMultiplyAdd(factor, high, c31));
        }

        Accumulate(ref sums, c00, c01);
        Accumulate(ref Unsafe.Add(ref sums, width), c10, c11);
        Accumulate(ref Unsafe.Add(ref sums, 2 * width), c20, c21);
        Accumulate(ref Unsafe.Add(ref sums, 3 * width), c30, c31);
    }

    private static void Accumulate(ref double sums, Vector256<double> low, Vector256<double> high)
    {
        (Vector256.LoadUnsafe(ref sums) + low).StoreUnsafe(ref sums);
        (Vector256.LoadUnsafe(ref sums, 4) + high).StoreUnsafe(ref sums, 4);
    }
}
