using EcoM2F.Inference.Imaging;

namespace EcoM2F.Inference.Pipeline;

/// <summary>An image prepared as the model's input at every size. Owns rented buffers.</summary>
public sealed class PreparedImage : IDisposable
{
    internal PreparedImage(IReadOnlyList<PreparedSize> sizes, int width, int height, bool mirrored, TimeSpan decode) =>
        (Sizes, Width, Height, Mirrored, Decode) = (sizes, width, height, mirrored, decode);

    /// <summary>Pixels of the image itself, upright.</summary>
    public int Width { get; }

    /// <inheritdoc cref="Width"/>
    public int Height { get; }

    /// <summary>Whether left and right are exchanged in the input; results are mirrored back.</summary>
    public bool Mirrored { get; }

    /// <summary>Time of decoding.</summary>
    public TimeSpan Decode { get; }

    /// <summary>One for each of the model's sizes, ascending.</summary>
    internal IReadOnlyList<PreparedSize> Sizes { get; }

    /// <summary>The image at one of the sizes.</summary>
    /// <param name="size">Its shortest edge.</param>
    internal PreparedSize At(int size) => Sizes.First(prepared => prepared.Size == size);

    public void Dispose()
    {
        foreach (var size in Sizes)
        {
            size.Tensor.Dispose();
        }
    }
}

/// <param name="Size">Shortest edge of one of the model's sizes, in pixels.</param>
/// <param name="Tensor">The image at that size; belongs to the <see cref="PreparedImage"/>.</param>
/// <param name="Resize">Time of resizing.</param>
internal readonly record struct PreparedSize(int Size, ImageTensor Tensor, TimeSpan Resize);
