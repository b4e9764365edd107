namespace EcoM2F.Recipe.Metrics;

/// <summary>COCO's box: left, top, width and height in pixels, fractions allowed.</summary>
internal readonly record struct Box(double X, double Y, double Width, double Height)
{
    public double Area => Width * Height;

    /// <summary>Area that two boxes share.</summary>
    public double Intersection(Box other)
    {
        var width = Math.Min(X + Width, other.X + other.Width) - Math.Max(X, other.X);
        var height = Math.Min(Y + Height, other.Y + other.Height) - Math.Max(Y, other.Y);
        return width <= 0 || height <= 0 ? 0 : width * height;
    }
}
