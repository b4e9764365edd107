namespace EcoM2F.Inference.Postprocessing;

/// <summary>
/// The size at which a request wants its masks: that of the image (the default), that at which the model makes them, or one whose longest edge has
/// so many pixels. Never larger than the image. Masks are made at that size, not made at another and then resized.
/// </summary>
public readonly record struct MaskSize
{
    /// <summary>The least that <see cref="LongestEdge"/> takes.</summary>
    public const int LeastEdge = 16;

    private const int ModelsOwn = -1;

    private readonly int _edge;

    private MaskSize(int edge) => _edge = edge;

    /// <summary>That of the uploaded image, upright.</summary>
    public static MaskSize Original => default;

    /// <summary>That of the model's own mask logits, whose proportions are those of the model's input; the image's where an edge would be longer than the image's.</summary>
    public static MaskSize Model => new(ModelsOwn);

    public bool IsOriginal => _edge == 0;

    /// <summary>The image's proportions; the image's size where that is not larger.</summary>
    /// <param name="pixels">From <see cref="LeastEdge"/>.</param>
    public static MaskSize LongestEdge(int pixels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pixels, LeastEdge);
        return new MaskSize(pixels);
    }

    /// <param name="image">The uploaded image, upright.</param>
    /// <param name="model">The model's mask logits.</param>
    internal MaskGrid Of(MaskGrid image, MaskGrid model)
    {
        var grid = _edge switch
        {
            0 => image,
            ModelsOwn => model,
            _ => image.WithLongestEdge(_edge),
        };
        return grid.Height > image.Height || grid.Width > image.Width ? image : grid;
    }
}
