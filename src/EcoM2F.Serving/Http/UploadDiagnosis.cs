using System.Diagnostics.CodeAnalysis;
using EcoM2F.Inference.Errors;
using Microsoft.Net.Http.Headers;

namespace EcoM2F.Serving.Http;

/// <summary>
/// The one place that decides what a request's headers mean for its bytes. Three kinds of header are refused at once, because
/// they change how the body must be read: a content coding, and a form whose boundary is absent or cannot be read. Everything else
/// is left to the image's own first bytes; only where those are not an image do headers and content choose the error's words.
/// </summary>
internal static class UploadDiagnosis
{
    public const string ContentEncoding = "Content-Encoding";
    public const string ContentType = "Content-Type";
    public const string TransferEncoding = "Content-Transfer-Encoding";

    /// <summary>The only content coding that is read; also what Accept-Encoding of a refusal says.</summary>
    public const string Identity = "identity";

    public const string AllowedBoundary = "multipart/form-data with a boundary of 1 to 200 characters, in quotes where it has any other than letters, digits and !#$%&'*+-.^_`|~";

    private const string FormType = "multipart/form-data";
    private const string UrlEncoded = "application/x-www-form-urlencoded";
    private const int MaxBoundaryLength = 200;
    private const int MaxQuoted = 60;

    /// <exception cref="SegmentationException">UnsupportedFormat: the bytes are compressed.</exception>
    public static void RequireIdentity(UploadSource source)
    {
        var codings = (source.ContentEncoding ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (Array.Find(codings, static coding => !coding.Equals(Identity, StringComparison.OrdinalIgnoreCase)) is { } coding)
        {
            throw new SegmentationException(
                SegmentationError.UnsupportedFormat,
                $"The {Place(source)} has {ContentEncoding}: {Quoted(coding)}, which the service does not decode: send the image uncompressed, without this header.",
                ContentEncoding);
        }
    }

    /// <summary>What separates a form's parts; null where the request is not a form.</summary>
    /// <exception cref="SegmentationException">BadRequest: the header says form, and has no boundary that can be read.</exception>
    public static string? FormBoundary(string? contentType)
    {
        if (MediaTypeHeaderValue.TryParse(contentType, out var type))
        {
            return type.MediaType.Equals(FormType, StringComparison.OrdinalIgnoreCase) ? RequireBoundary(HeaderUtilities.RemoveQuotes(type.Boundary).ToString()) : null;
        }

        return contentType?.TrimStart().StartsWith(FormType, StringComparison.OrdinalIgnoreCase) == true
            ? throw UnreadableBoundary(contentType)
            : null;
    }

    /// <summary>In other words, where the request shows why its bytes are not an image.</summary>
    public static bool TryExplain(SegmentationException failure, UploadedImage image, [NotNullWhen(true)] out SegmentationException? explained)
    {
        explained = failure.Error switch
        {
            SegmentationError.UnsupportedFormat => Explain(failure, image.Source, image.Bytes.Span),
            SegmentationError.BadImage when IsFromUrlEncodedForm(image.Source, image.Bytes.Span) => FromUrlEncodedForm(failure, image.Source),
            _ => null,
        };
        return explained is not null;
    }

    private static SegmentationException? Explain(SegmentationException failure, UploadSource source, ReadOnlySpan<byte> bytes)
    {
        var coding = source.TransferEncoding?.Trim() ?? "";
        if (coding.Equals("base64", StringComparison.OrdinalIgnoreCase) || coding.Equals("quoted-printable", StringComparison.OrdinalIgnoreCase))
        {
            return new SegmentationException(
                failure.Error,
                $"The {Place(source)} has {TransferEncoding}: {coding}, which the service does not decode: send the bytes of the image itself, without this header.",
                TransferEncoding,
                failure);
        }

        if (UploadContent.Recognize(bytes) is { } content)
        {
            var declared = string.IsNullOrWhiteSpace(source.ContentType) ? "" : $" (Content-Type: {Quoted(source.ContentType)})";
            return new SegmentationException(failure.Error, $"The {Place(source)} is {content.What}{declared}: {content.Cure}.", source.Field, failure);
        }

        return IsFromUrlEncodedForm(source, bytes) ? FromUrlEncodedForm(failure, source) : null;
    }

    /// <summary>
    /// Whether the bytes went through <c>curl -d</c> or a form's own encoding: neither leaves a line break or a zero byte, and any
    /// image has some. The type alone says nothing: <c>curl --data-binary</c> sends intact images under it.
    /// </summary>
    private static bool IsFromUrlEncodedForm(UploadSource source, ReadOnlySpan<byte> bytes) =>
        MediaTypeHeaderValue.TryParse(source.ContentType, out var type)
        && type.MediaType.Equals(UrlEncoded, StringComparison.OrdinalIgnoreCase)
        && !bytes.ContainsAny((byte)0, (byte)'\r', (byte)'\n');

    private static SegmentationException FromUrlEncodedForm(SegmentationException failure, UploadSource source) => new(
        failure.Error,
        $"The {Place(source)} was sent as {UrlEncoded} and is not intact: curl -d removes line breaks and zero bytes, so use --data-binary @FILE "
        + "or -F image=@FILE; an HTML form needs enctype=\"multipart/form-data\".",
        ContentType,
        failure);

    private static string RequireBoundary(string boundary) => boundary.Length is > 0 and <= MaxBoundaryLength
        ? boundary
        : throw new SegmentationException(
            SegmentationError.BadRequest,
            boundary.Length == 0
                ? $"{ContentType} is {FormType} without a boundary: HTTP libraries add it if the header is left to them."
                : $"{ContentType} has a boundary of {boundary.Length} characters: at most {MaxBoundaryLength} are allowed.",
            ContentType);

    // Such as an '=' outside quotes, which RFC 2045 allows only inside.
    private static SegmentationException UnreadableBoundary(string contentType)
    {
        const string Parameter = "boundary=";
        var at = contentType.IndexOf(Parameter, StringComparison.OrdinalIgnoreCase);
        var boundary = at < 0 ? "" : contentType[(at + Parameter.Length)..].Split(';')[0].Trim().Trim('"');
        return new SegmentationException(
            SegmentationError.BadRequest,
            boundary.Length == 0
                ? $"{ContentType} cannot be read: it must be {FormType}; boundary=\"...\"."
                : $"{ContentType} has a boundary that needs quotes: boundary=\"{Quoted(boundary)}\".",
            ContentType);
    }

    private static string Place(UploadSource source) => source.Field == UploadSource.Body ? source.Field : $"part '{source.Field}'";

    /// <summary>A header's value for a message; a hostile one comes back no longer than this.</summary>
    private static string Quoted(string value) => value.Length <= MaxQuoted ? value : value[..MaxQuoted] + "...";
}
