using System.Buffers.Binary;
using EcoM2F.Inference.Errors;
using NetVips;

namespace EcoM2F.Inference.Imaging;

/// <summary>
/// Decodes an uploaded image: format by magic bytes, limits from the header, then pixels, upright and in sRGB. Stateless and
/// safe to call from many threads; every native object is gone when a call returns.
/// </summary>
public static class ImageDecoder
{
    /// <summary>EXIF orientation of an image that needs no turning.</summary>
    private const int Upright = 1;

    /// <summary>From this orientation on, rows are columns.</summary>
    private const int FirstTransposed = 5;

    /// <param name="bytes">The encoded file.</param>
    /// <exception cref="SegmentationException">
    /// BadImage: empty, truncated or corrupt. UnsupportedFormat: no known signature, a camera's raw file, or a codec that the
    /// native library lacks. TooLarge: over one of <paramref name="limits"/>. What the native decoder said is the inner exception.
    /// </exception>
    /// <exception cref="OperationCanceledException">Cancelled before or while decoding.</exception>
    public static DecodedImage Decode(ReadOnlyMemory<byte> bytes, ImageLimits limits, CancellationToken cancellationToken) =>
        WithHeader(bytes, limits, (image, format) => ReadPixels(image, format, bytes.Span, cancellationToken), cancellationToken);

    /// <summary>Decodes an image whose header has been read and found within the limits: nothing of that is done again.</summary>
    /// <param name="header">What <see cref="ReadHeader"/> gave for the same bytes.</param>
    /// <exception cref="SegmentationException">BadImage or UnsupportedFormat, as the other overload.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before or while decoding.</exception>
    public static DecodedImage Decode(ReadOnlyMemory<byte> bytes, ImageHeader header, CancellationToken cancellationToken) =>
        Read(bytes, header.Format, image => ReadPixels(image, header.Format, bytes.Span, cancellationToken), cancellationToken);

    /// <summary>Format, upright size and frames, without decoding a pixel.</summary>
    /// <exception cref="SegmentationException">As decoding, as far as a header tells.</exception>
    public static ImageHeader ReadHeader(ReadOnlyMemory<byte> bytes, ImageLimits limits) =>
        WithHeader(
            bytes,
            limits,
            static (image, format) => Orientation(image) >= FirstTransposed
                ? new ImageHeader(format, image.Height, image.Width, IsTurned: true)
                : new ImageHeader(format, image.Width, image.Height),
            CancellationToken.None);

    private static T WithHeader<T>(ReadOnlyMemory<byte> bytes, ImageLimits limits, Func<Image, ImageFormat, T> read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RequireAtMost("bytes", bytes.Length, limits.MaxBytes);
        var format = ImageSignature.Detect(bytes.Span);
        RefuseCameraRaw(format, bytes.Span);
        RequireDeclaredSize(format, bytes.Span, limits);
        RequireFrames(FrameCounter.Count(format, bytes.Span, limits.MaxFrames), limits);
        return Read(
            bytes,
            format,
            image =>
            {
                RequireSize(image, limits);
                return read(image, format);
            },
            cancellationToken);
    }

    private static T Read<T>(ReadOnlyMemory<byte> bytes, ImageFormat format, Func<Image, T> read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        VipsRuntime.EnsureInitialized();
        try
        {
            using var source = SourceOf(bytes, format);
            using var image = Open(source, Enums.FailOn.Error);
            return read(image);
        }
        catch (VipsException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw MissingCodec.Explain(format, bytes.Span) is { } missing
                ? new SegmentationException(SegmentationError.UnsupportedFormat, missing, innerException: exception)
                : new SegmentationException(
                    SegmentationError.BadImage,
                    $"The {format.ToName()} image is truncated, corrupt or of a kind that cannot be decoded.",
                    innerException: exception);
        }
    }

    /// <summary>JPEG and PNG are read where they are; the other loaders ask for large parts or all at once, for which the library's copy takes less memory.</summary>
    /// <returns>To be disposed after the image that reads it: native code calls a <see cref="MemorySource"/> until then.</returns>
    private static Source SourceOf(ReadOnlyMemory<byte> bytes, ImageFormat format) =>
        format is ImageFormat.Jpeg or ImageFormat.Png ? new MemorySource(bytes) : Source.NewFromMemory(bytes.Span);

    /// <summary>Reads the header; pixels follow when asked for.</summary>
    /// <remarks>
    /// Not <c>NewFromBuffer</c>: it tells the garbage collector of a copy for every image, and under load the collector then goes through the whole
    /// heap more than once every two seconds.
    /// </remarks>
    private static Image Open(Source source, Enums.FailOn failOn) => Image.NewFromSource(source, access: Enums.Access.Sequential, failOn: failOn);

    /// <summary>Raw files are TIFFs whose first image is a thumbnail: decoding would answer for that.</summary>
    private static void RefuseCameraRaw(ImageFormat format, ReadOnlySpan<byte> bytes)
    {
        if (format == ImageFormat.Tiff && TiffDirectory.Read(bytes) is { IsCameraRaw: true })
        {
            throw new SegmentationException(
                SegmentationError.UnsupportedFormat,
                $"The image is a camera's raw file (DNG, CR2, NEF, ARW or similar), which is not supported; accepted are {ImageFormats.Names}.");
        }
    }

    /// <summary>EXIF's, 1 to 8.</summary>
    private static int Orientation(Image image) =>
        image.Contains("orientation") && image.Get("orientation") is int orientation and >= 1 and <= 8 ? orientation : Upright;

    private static DecodedImage ReadPixels(Image image, ImageFormat format, ReadOnlySpan<byte> bytes, CancellationToken cancellationToken)
    {
        if (format != ImageFormat.Jpeg || JpegEnd.Mend(bytes) is not { } mended)
        {
            return ReadPixels(image, cancellationToken);
        }

        using var source = SourceOf(mended, format);
        using var whole = Open(source, Enums.FailOn.Warning);
        return ReadPixels(whole, cancellationToken);
    }

    private static DecodedImage ReadPixels(Image image, CancellationToken cancellationToken)
    {
        using var colour = ColourConversion.TryToSrgb(image, out var conversion);
        using var upright = TryTurn(colour ?? image, cancellationToken);
        return Materialize(upright ?? colour ?? image, conversion, cancellationToken);
    }

    /// <summary>Applies EXIF's orientation. Turning reads out of order, which a sequential decoder cannot: it gets a copy in memory.</summary>
    /// <returns>The caller disposes; null: the image is upright.</returns>
    private static Image? TryTurn(Image image, CancellationToken cancellationToken)
    {
        if (Orientation(image) == Upright)
        {
            return null;
        }

        using var kill = KillOn(image, cancellationToken);
        using var inMemory = image.CopyMemory();
        return inMemory.Autorot();
    }

    /// <summary>Decodes into memory of ours, which other images had before: libvips's own would be mapped anew for every image.</summary>
    /// <param name="image">Three bands of 8 bits.</param>
    private static unsafe DecodedImage Materialize(Image image, ProfileConversion? conversion, CancellationToken cancellationToken)
    {
        using var kill = KillOn(image, cancellationToken);
        var (width, height, bands) = (image.Width, image.Height, image.Bands);
        var decoded = DecodedImage.Rent(width, height, out var pixels);
        try
        {
            fixed (byte* memory = pixels)
            {
                using var target = Image.NewFromMemory((nint)memory, (ulong)pixels.Length, width, height, bands, image.Format);
                using var rows = new VipsRows(image, target);
                for (var top = 0; top < height; top = rows.RowsRead)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    rows.ReadNext();
                    var read = pixels[(top * width * bands)..(rows.RowsRead * width * bands)];
                    conversion?.Convert(read, read);
                }
            }

            cancellationToken.ThrowIfCancellationRequested();
            return decoded;
        }
        catch
        {
            decoded.Dispose();
            throw;
        }
    }

    private static CancellationTokenRegistration KillOn(Image image, CancellationToken cancellationToken) =>
        cancellationToken.Register(static state => ((Image)state!).SetKill(true), image);

    /// <summary>PNG's own header, read first: the library's limit on a side would call a long image corrupt.</summary>
    private static void RequireDeclaredSize(ImageFormat format, ReadOnlySpan<byte> bytes, ImageLimits limits)
    {
        const int WidthOffset = 16; // signature, chunk length, "IHDR"
        if (format == ImageFormat.Png && bytes.Length >= WidthOffset + 8)
        {
            RequirePixels(
                BinaryPrimitives.ReadUInt32BigEndian(bytes[WidthOffset..]),
                BinaryPrimitives.ReadUInt32BigEndian(bytes[(WidthOffset + 4)..]),
                limits);
        }
    }

    private static void RequirePixels(long width, long height, ImageLimits limits)
    {
        var pixels = (Int128)width * height;
        if (pixels > limits.MaxPixels)
        {
            throw new SegmentationException(
                SegmentationError.TooLarge,
                $"The image has {width} x {height} = {pixels} pixels; at most {limits.MaxPixels} are allowed.");
        }
    }

    private static void RequireSize(Image image, ImageLimits limits)
    {
        RequirePixels(image.Width, image.Height, limits);
        if (image.Contains("n-pages") && image.Get("n-pages") is int pages)
        {
            RequireFrames(pages, limits);
        }
    }

    private static void RequireFrames(int frames, ImageLimits limits)
    {
        if (frames > limits.MaxFrames)
        {
            throw new SegmentationException(
                SegmentationError.TooLarge,
                $"The image has more than {limits.MaxFrames} frames or pages, which is the limit.");
        }
    }

    private static void RequireAtMost(string unit, long value, long limit)
    {
        if (value > limit)
        {
            throw new SegmentationException(SegmentationError.TooLarge, $"The image has {value} {unit}; at most {limit} are allowed.");
        }
    }
}
