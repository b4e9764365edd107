using System.Globalization;

namespace EcoM2F.Serving.Http;

/// <summary>How many bytes an upload may have, and how refusals say it.</summary>
/// <param name="MaxImageBytes">Of the image itself.</param>
internal sealed record UploadLimits(long MaxImageBytes)
{
    /// <summary>Room for boundaries and part headers around an image of the largest size.</summary>
    private const long MultipartOverhead = 64 * 1024;

    public long MaxMultipartBytes => MaxImageBytes + MultipartOverhead;

    public string Allowed => string.Create(CultureInfo.InvariantCulture, $"at most {MaxImageBytes} bytes");

    public string TooLargeDetail => $"The image must have {Allowed}.";
}
