using EcoM2F.Inference.Errors;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace EcoM2F.Serving.Http;

/// <summary>
/// Finds the image in a request: the body itself, or the one part <c>image</c> of a form. Sizes are checked before
/// and while reading; what headers mean for the bytes is for <see cref="UploadDiagnosis"/> to say.
/// </summary>
internal sealed class ImageUpload(UploadLimits limits, UploadMemory memory, TimeProvider time)
{
    public const string PartName = "image";
    public const string Allowed = "the image itself, or multipart/form-data with exactly one part 'image'";
    private const int MaxPartHeaders = 16;
    private const int MaxPartHeadersLength = 8 * 1024;

    /// <summary>The caller disposes.</summary>
    /// <param name="timeLeft">Until the request's deadline, which a slow upload does not outlive; null for none.</param>
    /// <exception cref="SegmentationException">BadRequest, BadImage, UnsupportedFormat (a content coding), TooLarge, Overloaded or DeadlineExceeded.</exception>
    public async Task<UploadedImage> ReadAsync(HttpRequest request, TimeSpan? timeLeft, CancellationToken cancellationToken)
    {
        if (timeLeft is not { } left)
        {
            return await ReadAsync(request, cancellationToken);
        }

        if (left <= TimeSpan.Zero)
        {
            throw DeadlineExceeded(null);
        }

        using var deadline = new CancellationTokenSource(left, time);
        using var registration = deadline.Token.Register(request.BodyReader.CancelPendingRead);
        try
        {
            return await ReadAsync(request, cancellationToken);
        }
        catch (OperationCanceledException exception) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw DeadlineExceeded(exception);
        }
    }

    private async Task<UploadedImage> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var source = UploadSource.Of(request);
        UploadDiagnosis.RequireIdentity(source);
        var boundary = UploadDiagnosis.FormBoundary(request.ContentType);
        var limit = boundary is null ? limits.MaxImageBytes : limits.MaxMultipartBytes;
        if (request.ContentLength > limit)
        {
            throw TooLarge(UploadSource.Body);
        }

        // The server stops the connection at the same size that is checked here.
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = limit;
        }

        await using var body = new UploadStream(request.BodyReader);
        return boundary is null
            ? await ReadImageAsync(body, source, cancellationToken)
            : await ReadFormAsync(body, boundary, source, cancellationToken);
    }

    /// <summary>The one part of a form.</summary>
    /// <param name="request">What the request's own headers say.</param>
    private async Task<UploadedImage> ReadFormAsync(Stream body, string boundary, UploadSource request, CancellationToken cancellationToken)
    {
        var reader = PartsOf(body, boundary);
        UploadedImage? image = null;
        var begun = false;
        try
        {
            while (await reader.ReadNextSectionAsync(cancellationToken) is { } section)
            {
                begun = true;
                CheckPart(section, image is not null);
                var source = UploadSource.Of(section, PartName, request);
                UploadDiagnosis.RequireIdentity(source);
                image = await ReadImageAsync(section.Body, source, cancellationToken);
            }

            return image ?? throw new SegmentationException(
                SegmentationError.BadRequest, $"The form has no part '{PartName}': it must have exactly one.", PartName);
        }
        catch (Exception exception)
        {
            image?.Dispose();
            if (exception is InvalidDataException or IOException and not BadHttpRequestException && !cancellationToken.IsCancellationRequested)
            {
                throw Incomplete(begun, exception);
            }

            throw;
        }
    }

    /// <summary>The parts of a form.</summary>
    internal static MultipartReader PartsOf(Stream body, string boundary) =>
        new(boundary, body) { HeadersCountLimit = MaxPartHeaders, HeadersLengthLimit = MaxPartHeadersLength };

    /// <param name="begun">Whether a part was read before.</param>
    internal static SegmentationException Incomplete(bool begun, Exception exception) => new(
        SegmentationError.BadRequest,
        begun
            ? "The body is not complete multipart/form-data: it ends inside a part, or a part's headers are over a limit."
            : "The body is not multipart/form-data with the boundary that Content-Type gives.",
        UploadSource.Body,
        exception);

    private static void CheckPart(MultipartSection section, bool hasImage)
    {
        if (!IsImage(section))
        {
            throw new SegmentationException(
                SegmentationError.BadRequest, $"The form has a part other than '{PartName}': it must have that one only; everything else goes in the query string or in headers.", PartName);
        }

        if (hasImage)
        {
            throw new SegmentationException(SegmentationError.BadRequest, $"The form has more than one part '{PartName}': it must have exactly one.", PartName);
        }
    }

    /// <summary>Whether a part is named <see cref="PartName"/>.</summary>
    internal static bool IsImage(MultipartSection section) =>
        section.GetContentDispositionHeader() is { } disposition
        && disposition.DispositionType.Equals("form-data", StringComparison.OrdinalIgnoreCase)
        && HeaderUtilities.RemoveQuotes(disposition.Name).Equals(PartName, StringComparison.Ordinal);

    /// <summary>The bytes of a body or a part; the caller disposes.</summary>
    /// <exception cref="SegmentationException">TooLarge, Overloaded, or BadImage where there are none.</exception>
    internal async Task<UploadedImage> ReadImageAsync(Stream stream, UploadSource source, CancellationToken cancellationToken)
    {
        var image = await UploadedImage.ReadAsync(stream, source, limits.MaxImageBytes, memory, cancellationToken) ?? throw TooLarge(source.Field);
        if (image.Bytes.Length > 0)
        {
            return image;
        }

        image.Dispose();
        throw new SegmentationException(SegmentationError.BadImage, $"The {source.Field} is empty: send an image.", source.Field);
    }

    private static SegmentationException DeadlineExceeded(Exception? cause) =>
        new(SegmentationError.DeadlineExceeded, "The deadline passed before the upload was complete.", "deadline-ms", cause);

    private SegmentationException TooLarge(string field) => new(SegmentationError.TooLarge, limits.TooLargeDetail, field);
}
