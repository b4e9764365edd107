using EcoM2F.Inference.Memory;
using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Imaging;

/// <summary>
/// Resizes as Pillow does (bilinear, 8 bits), scales to 0..1, subtracts the mean, divides by the deviation and lays the
/// channels out as planes; the tensor is written once. Stateless and thread-safe.
/// </summary>
/// <remarks>
/// Rows first, then columns, as every Pillow does where both sides shrink alike. Its latest releases swap the passes where the
/// height shrinks much more than the width; the 8-bit rounding between the passes then differs by at most one level.
/// </remarks>
internal static class ImagePreprocessor
{
    private const int Channels = 3;

    /// <summary>Of a thread that is given some: its tables take as long as a few rows.</summary>
    private const int LeastRows = 32;

    /// <returns>A tensor of the size that the model's rule gives; the caller disposes.</returns>
    public static ImageTensor ToTensor(DecodedImage image, PreprocessingSettings settings) =>
        ToTensor(image, settings, InputSize.For(image.Width, image.Height, settings));

    /// <param name="size">Size to resize to.</param>
    /// <param name="threads">That share the rows, the caller's included; the tensor does not depend on it.</param>
    /// <returns>A tensor that the caller disposes.</returns>
    public static ImageTensor ToTensor(DecodedImage image, PreprocessingSettings settings, InputSize size, int threads = 1)
    {
        var tensor = new ImageTensor(size);
        try
        {
            ToTensor(image, settings, tensor.Size, tensor.Memory, threads);
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <param name="size">Size to resize to, as a rule <see cref="InputSize.For"/>.</param>
    /// <param name="target">[3, Height, Width]: at least 3 * Height * Width values, for example one image's part of a batch.</param>
    /// <param name="threads">That share the rows, the caller's included.</param>
    /// <exception cref="ArgumentException">The image's pixels or the target are too few.</exception>
    public static void ToTensor(DecodedImage image, PreprocessingSettings settings, InputSize size, Memory<float> target, int threads = 1)
    {
        if (image.Pixels.Length < (long)image.Width * image.Height * Channels || target.Length < size.Width * size.Height * Channels)
        {
            throw new ArgumentException("The image or the target holds fewer values than its size asks for.", nameof(target));
        }

        var stretches = Math.Min(threads, size.Height / LeastRows);
        if (stretches < 2)
        {
            WriteRows(image, settings, size, target.Span, 0, size.Height);
            return;
        }

        Parallel.For(0, stretches, new ParallelOptions { MaxDegreeOfParallelism = stretches }, i =>
            WriteRows(image, settings, size, target.Span, i * size.Height / stretches, (i + 1) * size.Height / stretches));
    }

    private static void WriteRows(DecodedImage image, PreprocessingSettings settings, InputSize size, Span<float> target, int top, int bottom)
    {
        var rowLength = size.Width * Channels;
        using var rows = new RowWindow(image, size);
        var mixed = ImageArrays<byte>.Pool.Rent(rowLength);
        try
        {
            Span<float> levels = stackalloc float[Channels * 256];
            Normalize(settings, levels);
            for (var y = top; y < bottom; y++)
            {
                var row = mixed.AsSpan(0, rowLength);
                TriangleResizer.MixRows(rows.Advance(y), row, rows.Vertical.Weights(y));
                WritePlanes(row, levels, target, y * size.Width, size.Width * size.Height);
            }
        }
        finally
        {
            ImageArrays<byte>.Pool.Return(mixed);
        }
    }

    /// <summary>What each of the 256 levels becomes.</summary>
    /// <param name="levels">[3, 256]</param>
    private static void Normalize(PreprocessingSettings settings, Span<float> levels)
    {
        for (var i = 0; i < levels.Length; i++)
        {
            var channel = i / 256;
            levels[i] = (((i % 256) / 255f) - settings.Mean[channel]) / settings.Std[channel];
        }
    }

    private static void WritePlanes(ReadOnlySpan<byte> row, ReadOnlySpan<float> levels, Span<float> target, int offset, int plane)
    {
        var width = row.Length / Channels;
        var red = target.Slice(offset, width);
        var green = target.Slice(plane + offset, width);
        var blue = target.Slice((2 * plane) + offset, width);
        var reds = levels[..256];
        var greens = levels.Slice(256, 256);
        var blues = levels.Slice(512, 256);
        for (int x = 0, i = 0; x < red.Length; x++, i += Channels)
        {
            red[x] = reds[row[i]];
            green[x] = greens[row[i + 1]];
            blue[x] = blues[row[i + 2]];
        }
    }
}
