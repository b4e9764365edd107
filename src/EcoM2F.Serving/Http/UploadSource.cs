using Microsoft.AspNetCore.WebUtilities;

namespace EcoM2F.Serving.Http;

/// <summary>Where an upload's bytes stood in the request, and what the headers there say of them.</summary>
/// <param name="Field"><c>body</c>, or the name of the form's part.</param>
internal sealed record UploadSource(string Field, string? ContentType, string? ContentEncoding, string? TransferEncoding)
{
    public const string Body = "body";

    private const string TransferEncodingHeader = "Content-Transfer-Encoding";

    public static UploadSource Of(HttpRequest request) => new(
        Body,
        request.ContentType,
        request.Headers.ContentEncoding.ToString(),
        request.Headers[TransferEncodingHeader].ToString());

    /// <param name="section">A part; clients that set a transfer encoding set it there or on the request.</param>
    public static UploadSource Of(MultipartSection section, string field, UploadSource request) => new(
        field,
        section.ContentType,
        Header(section, "Content-Encoding"),
        Header(section, TransferEncodingHeader) ?? request.TransferEncoding);

    private static string? Header(MultipartSection section, string name) =>
        section.Headers?.TryGetValue(name, out var value) == true ? value.ToString() : null;
}
