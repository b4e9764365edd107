namespace EcoM2F.Inference.Models;

/// <summary>One image's model input at each of the model's sizes. Immutable.</summary>
public sealed class ImageInputs
{
    private readonly IReadOnlyDictionary<int, InputSize> _bySize;

    /// <param name="own">The model's own size: one of the keys.</param>
    /// <param name="bySize">By shortest edge of the size, in pixels.</param>
    public ImageInputs(int own, IReadOnlyDictionary<int, InputSize> bySize) => (Own, _bySize) = (bySize[own], bySize);

    /// <summary>At the model's own size.</summary>
    public InputSize Own { get; }

    /// <summary>Shortest edges of the sizes, ascending.</summary>
    public IEnumerable<int> Sizes => _bySize.Keys.Order();

    /// <param name="size">One of <see cref="Sizes"/>.</param>
    public InputSize this[int size] => _bySize[size];

    /// <param name="width">Pixels of the image, upright.</param>
    /// <param name="height">Pixels of the image, upright.</param>
    public static ImageInputs For(ModelManifest model, int width, int height) =>
        new(model.OwnSize, model.ShortestEdges.ToDictionary(static size => size, size => InputSize.For(width, height, model.PreprocessingAt(size))));
}
