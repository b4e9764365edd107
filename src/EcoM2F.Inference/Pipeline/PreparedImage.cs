using EcoM2F.Inference.Imaging;

namespace EcoM2F.Inference.Pipeline;

/// <summary>An image prepared as the model's input. Owns a rented buffer.</summary>
public sealed class PreparedImage : IDisposable
{
    internal PreparedImage(ImageTensor tensor, int width, int height, bool mirrored, TimeSpan decode) =>
        (Tensor, Width, Height, Mirrored, Decode) = (tensor, width, height, mirrored, decode);

    /// <summary>Pixels of the image itself, upright.</summary>
    public int Width { get; }

    /// <inheritdoc cref="Width"/>
    public int Height { get; }

    /// <summary>Whether left and right are exchanged in the input; results are mirrored back.</summary>
    public bool Mirrored { get; }

    /// <summary>Time of decoding and resizing.</summary>
    public TimeSpan Decode { get; }

    internal ImageTensor Tensor { get; }

    public void Dispose() => Tensor.Dispose();
}
