namespace EcoM2F.Inference.Postprocessing;

/// <summary>
/// Follows the edges between a mask and what is around it. A ring is closed and goes through the corners of pixels with the mask on its right
/// hand: clockwise around a part, counter-clockwise around a hole, as one sees the image.
/// </summary>
internal static class MaskOutline
{
    /// <summary>By direction (right, down, left, up): the step along an edge.</summary>
    private static readonly (int X, int Y)[] Steps = [(1, 0), (0, 1), (-1, 0), (0, -1)];

    /// <summary>By direction: the pixel ahead on the left hand, seen from the corner.</summary>
    private static readonly (int X, int Y)[] AheadLeft = [(0, -1), (0, 0), (-1, 0), (-1, -1)];

    /// <summary>By direction: the pixel ahead on the right hand.</summary>
    private static readonly (int X, int Y)[] AheadRight = [(0, 0), (-1, 0), (-1, -1), (0, -1)];

    /// <returns>By part of the mask: its outer ring, then its holes.</returns>
    public static List<MaskRing>[] Trace(MaskRegions parts)
    {
        var rings = new List<MaskRing>[parts.Areas.Count];
        for (var part = 0; part < rings.Length; part++)
        {
            rings[part] = [];
        }

        var window = new PixelWindow(parts);
        for (var y = 0; y < window.Height; y++)
        {
            for (var x = 0; x < window.Width; x++)
            {
                if (window.HasUnvisitedTop(x, y))
                {
                    var ring = Follow(window, x, y);
                    var own = rings[parts.RegionAt(x + window.Left, y + window.Top)];
                    own.Insert(ring.TwiceArea > 0 ? 0 : own.Count, ring);
                }
            }
        }

        return rings;
    }

    /// <summary>From the left end of a top edge, which is always a corner where it is the first one found of its ring.</summary>
    private static MaskRing Follow(PixelWindow window, int startX, int startY)
    {
        var points = new List<RingPoint> { new(startX + window.Left, startY + window.Top) };
        var (x, y, direction) = (startX, startY, 0);
        do
        {
            if (direction == 0)
            {
                window.Visit(x, y);
            }

            x += Steps[direction].X;
            y += Steps[direction].Y;
            var turned = !window.Has(x + AheadRight[direction].X, y + AheadRight[direction].Y) ? direction + 1
                : window.Has(x + AheadLeft[direction].X, y + AheadLeft[direction].Y) ? direction + 3
                : direction;
            turned %= Steps.Length;
            if (turned != direction && !(x == startX && y == startY && turned == 0))
            {
                points.Add(new(x + window.Left, y + window.Top));
            }

            direction = turned;
        }
        while (x != startX || y != startY || direction != 0);
        return new MaskRing(points);
    }

    /// <summary>The smallest window of pixels that has the whole mask, with a margin of one pixel.</summary>
    private sealed class PixelWindow
    {
        private const byte Inside = 1;
        private const byte Visited = 2;
        private readonly byte[] _pixels;
        private readonly int _stride;

        public PixelWindow(MaskRegions parts)
        {
            var (right, bottom) = (0, 0);
            (Left, Top) = (parts.Runs.Count == 0 ? 0 : parts.Runs[0].X, parts.Runs.Count == 0 ? 0 : int.MaxValue);
            foreach (var run in parts.Runs)
            {
                (Top, right, bottom) = (Math.Min(Top, run.Top), run.X + 1, Math.Max(bottom, run.Bottom));
            }

            (Width, Height) = (right - Left, bottom - Top);
            _stride = Width + 2;
            _pixels = new byte[_stride * (Height + 2)];
            foreach (var run in parts.Runs)
            {
                for (var y = run.Top; y < run.Bottom; y++)
                {
                    _pixels[At(run.X - Left, y - Top)] = Inside;
                }
            }
        }

        public int Left { get; }

        public int Top { get; }

        public int Width { get; }

        public int Height { get; }

        public bool Has(int x, int y) => _pixels[At(x, y)] != 0;

        /// <summary>Whether the pixel is in the mask, the one above is not, and no ring has gone between them yet.</summary>
        public bool HasUnvisitedTop(int x, int y) => _pixels[At(x, y)] == Inside && _pixels[At(x, y - 1)] == 0;

        public void Visit(int x, int y) => _pixels[At(x, y)] |= Visited;

        private int At(int x, int y) => ((y + 1) * _stride) + x + 1;
    }
}
