using System.Runtime.CompilerServices;
using EcoM2F.Inference.Errors;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace EcoM2F.Serving.Http;

/// <summary>Reads the images of a batch: a form of nothing but parts <c>image</c>, of which any may be refused without the others.</summary>
internal sealed class BatchUpload(ImageUpload upload, UploadLimits sizes, BatchLimits limits)
{
    /// <summary>The field of problems that concern the form and not one of its images.</summary>
    public const string Form = "form";

    private const int MaxNameLength = 255;

    public BatchLimits Limits => limits;

    /// <summary>One part after the other. The next is read only when it is asked for, so that the reader of the answer sets the pace of the upload.</summary>
    /// <exception cref="SegmentationException">BadRequest or UnsupportedFormat (a content coding): the body cannot be read on. Parts before stay valid.</exception>
    public async IAsyncEnumerable<BatchPart> ReadAllAsync(HttpRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var source = UploadSource.Of(request);
        UploadDiagnosis.RequireIdentity(source);
        var boundary = UploadDiagnosis.FormBoundary(request.ContentType) ?? throw Bad("The body is not a form.");
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = limits.MaxImages * sizes.MaxMultipartBytes;
        }

        await using var body = new UploadStream(request.BodyReader);
        var parts = ImageUpload.PartsOf(body, boundary);
        var index = 0;
        for (; await NextAsync(parts, index > 0, cancellationToken) is { } section; index++)
        {
            if (!ImageUpload.IsImage(section))
            {
                throw Bad($"Part {index} of the form is not named '{ImageUpload.PartName}'.");
            }

            if (index == limits.MaxImages)
            {
                throw Bad($"The form has more than {limits.MaxImages} images.");
            }

            yield return await ReadAsync(section, index, source, cancellationToken);
        }

        if (index == 0)
        {
            throw Bad("The form has no part.");
        }
    }

    private async Task<BatchPart> ReadAsync(MultipartSection section, int index, UploadSource request, CancellationToken cancellationToken)
    {
        var (name, source) = (NameOf(section), UploadSource.Of(section, ImageUpload.PartName, request));
        try
        {
            UploadDiagnosis.RequireIdentity(source);
            return new BatchPart(index, name, await upload.ReadImageAsync(section.Body, source, cancellationToken));
        }
        catch (SegmentationException failure)
        {
            return new BatchPart(index, name, Image: null, failure);
        }
        catch (Exception exception) when (IsIncomplete(exception, cancellationToken))
        {
            throw ImageUpload.Incomplete(begun: true, exception);
        }
    }

    private static async Task<MultipartSection?> NextAsync(MultipartReader parts, bool begun, CancellationToken cancellationToken)
    {
        try
        {
            return await parts.ReadNextSectionAsync(cancellationToken);
        }
        catch (Exception exception) when (IsIncomplete(exception, cancellationToken))
        {
            throw ImageUpload.Incomplete(begun, exception);
        }
    }

    private static bool IsIncomplete(Exception exception, CancellationToken cancellationToken) =>
        exception is InvalidDataException or IOException and not BadHttpRequestException && !cancellationToken.IsCancellationRequested;

    private static string? NameOf(MultipartSection section)
    {
        var disposition = section.GetContentDispositionHeader();
        var name = disposition is null ? "" : HeaderUtilities.RemoveQuotes(disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName).ToString();
        return name.Length switch
        {
            0 => null,
            > MaxNameLength => name[..MaxNameLength],
            _ => name,
        };
    }

    private SegmentationException Bad(string what) => new(SegmentationError.BadRequest, $"{what} It must be {limits.Allowed}.", Form);
}
