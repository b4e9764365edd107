using EcoM2F.Inference.Errors;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace EcoM2F.Serving.Http;

/// <summary>
/// Finds the image in a request: the body itself, or the one part <c>image</c> of a form. Sizes are checked before
/// and while reading; what the bytes are is for the engine to say, never for Content-Type.
/// </summary>
internal sealed class ImageUpload(UploadLimits limits, TimeProvider time)
{
    public const string PartName = "image";
    public const string Allowed = "the image itself, or multipart/form-data with exactly one part 'image'";
    public const string AllowedBoundary = "multipart/form-data with a boundary of 1 to 200 characters";
    private const string Body = "body";
    private const string FormType = "multipart/form-data";
    private const int MaxBoundaryLength = 200;
    private const int MaxPartHeaders = 16;
    private const int MaxPartHeadersLength = 8 * 1024;

    /// <summary>The caller disposes.</summary>
    /// <param name="timeLeft">Until the request's deadline, which a slow upload does not outlive; null for none.</param>
    /// <exception cref="SegmentationException">BadRequest, BadImage, TooLarge or DeadlineExceeded.</exception>
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
        var boundary = FormBoundary(request.ContentType);
        var limit = boundary is null ? limits.MaxImageBytes : limits.MaxMultipartBytes;
        if (request.ContentLength > limit)
        {
            throw TooLarge(Body);
        }

        // The server stops the connection at the same size that is checked here.
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = limit;
        }

        await using var body = new UploadStream(request.BodyReader);
        return boundary is null
            ? await ReadImageAsync(body, Body, cancellationToken)
            : await ReadFormAsync(body, boundary, cancellationToken);
    }

    private async Task<UploadedImage> ReadFormAsync(Stream body, string boundary, CancellationToken cancellationToken)
    {
        var reader = new MultipartReader(boundary, body)
        {
            HeadersCountLimit = MaxPartHeaders,
            HeadersLengthLimit = MaxPartHeadersLength,
        };
        UploadedImage? image = null;
        try
        {
            while (await reader.ReadNextSectionAsync(cancellationToken) is { } section)
            {
                CheckPart(section, image is not null);
                image = await ReadImageAsync(section.Body, PartName, cancellationToken);
            }

            return image ?? throw new SegmentationException(
                SegmentationError.BadRequest, $"The form has no part '{PartName}': it must have exactly one.", PartName);
        }
        catch (Exception exception)
        {
            image?.Dispose();
            if (exception is InvalidDataException or IOException and not BadHttpRequestException && !cancellationToken.IsCancellationRequested)
            {
                throw new SegmentationException(SegmentationError.BadRequest, "The body is no complete multipart/form-data.", Body, exception);
            }

            throw;
        }
    }

    private static void CheckPart(MultipartSection section, bool hasImage)
    {
        var name = section.GetContentDispositionHeader() is { } disposition && disposition.DispositionType.Equals("form-data", StringComparison.OrdinalIgnoreCase)
            ? HeaderUtilities.RemoveQuotes(disposition.Name).ToString()
            : "";
        if (name != PartName)
        {
            throw new SegmentationException(
                SegmentationError.BadRequest, $"The form has a part other than '{PartName}': it must have that one only; everything else goes in the query string or in headers.", PartName);
        }

        if (hasImage)
        {
            throw new SegmentationException(SegmentationError.BadRequest, $"The form has more than one part '{PartName}': it must have exactly one.", PartName);
        }
    }

    private async Task<UploadedImage> ReadImageAsync(Stream stream, string field, CancellationToken cancellationToken)
    {
        var image = await UploadedImage.ReadAsync(stream, limits.MaxImageBytes, cancellationToken) ?? throw TooLarge(field);
        if (image.Bytes.Length > 0)
        {
            return image;
        }

        image.Dispose();
        throw new SegmentationException(SegmentationError.BadImage, $"The {field} is empty: it must be an image.", field);
    }

    private static string? FormBoundary(string? contentType)
    {
        if (!MediaTypeHeaderValue.TryParse(contentType, out var type) || !type.MediaType.Equals(FormType, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).ToString();
        return boundary.Length is > 0 and <= MaxBoundaryLength
            ? boundary
            : throw new SegmentationException(SegmentationError.BadRequest, $"Content-Type must be {AllowedBoundary}.", "Content-Type");
    }

    private static SegmentationException DeadlineExceeded(Exception? cause) =>
        new(SegmentationError.DeadlineExceeded, "The deadline passed before the upload was complete.", "deadline-ms", cause);

    private SegmentationException TooLarge(string field) => new(SegmentationError.TooLarge, limits.TooLargeDetail, field);
}
