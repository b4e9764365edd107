namespace EcoM2F.Compiler.Tests.Reference;

/// <summary>One image's map [C, H, W] in double precision.</summary>
internal sealed record Array3(int Channels, int Height, int Width)
{
    public double[] Values { get; } = new double[Channels * Height * Width];

    public double this[int c, int y, int x]
    {
        get => Values[(((c * Height) + y) * Width) + x];
        set => Values[(((c * Height) + y) * Width) + x] = value;
    }

    /// <summary>0 outside.</summary>
    public double OrZero(int c, int y, int x) => y >= 0 && x >= 0 && y < Height && x < Width ? this[c, y, x] : 0;

    /// <summary>At a place in pixels (centres at whole numbers), zeros outside.</summary>
    public double Bilinear(int c, double y, double x)
    {
        var (top, left) = ((int)Math.Floor(y), (int)Math.Floor(x));
        var (dy, dx) = (y - top, x - left);
        return ((1 - dy) * (((1 - dx) * OrZero(c, top, left)) + (dx * OrZero(c, top, left + 1))))
            + (dy * (((1 - dx) * OrZero(c, top + 1, left)) + (dx * OrZero(c, top + 1, left + 1))));
    }

    /// <summary>PyTorch's interpolate(mode="bilinear", align_corners=False).</summary>
    public Array3 ResizeTo(int height, int width)
    {
        var result = new Array3(Channels, height, width);
        for (var c = 0; c < Channels; c++)
        {
            for (var y = 0; y < height; y++)
            {
                for (var x = 0; x < width; x++)
                {
                    var sourceY = Math.Clamp(((y + 0.5) * Height / height) - 0.5, 0, Height - 1);
                    var sourceX = Math.Clamp(((x + 0.5) * Width / width) - 0.5, 0, Width - 1);
                    result[c, y, x] = Bilinear(c, sourceY, sourceX);
                }
            }
        }

        return result;
    }

    /// <summary>[H*W, C].</summary>
    public double[][] Tokens() => [.. Enumerable.Range(0, Height * Width)
        .Select(i => Enumerable.Range(0, Channels).Select(c => Values[(c * Height * Width) + i]).ToArray())];

    public static Array3 FromTokens(double[][] tokens, int height, int width)
    {
        var result = new Array3(tokens[0].Length, height, width);
        for (var i = 0; i < tokens.Length; i++)
        {
            for (var c = 0; c < result.Channels; c++)
            {
                result.Values[(c * height * width) + i] = tokens[i][c];
            }
        }

        return result;
    }
}
