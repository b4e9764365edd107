using System.Text;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Imaging;
using EcoM2F.Serving.Http;
using EcoM2F.TestSupport;
using Microsoft.AspNetCore.Http;

namespace EcoM2F.Fuzz.Targets;

/// <summary>An upload: the first line is the request's Content-Type, the rest its body.</summary>
internal static class MultipartTarget
{
    public const string Name = "multipart";

    private const int MostBytes = 1 << 20;

    public static FuzzTarget Create() => new(
        Name,
        [
            [.. "multipart/form-data; boundary=\"--===1===\"\n"u8, .. File.ReadAllBytes(Path.Combine(RepositoryPaths.Fixtures, "requests", "form_equals.bin"))],
            [.. "multipart/form-data; boundary=b\n--b\r\nContent-Disposition: form-data; name=\"image\"\r\n\r\npixels\r\n--b--\r\n"u8],
            [.. "application/x-www-form-urlencoded\nimage=%2F9j"u8],
            [.. "image/jpeg\ndata:image/jpeg;base64,/9j/4AAQ"u8],
        ],
        [.. ((string[])["\r\n", "--b", "--b--", "\r\n\r\n", "Content-Disposition: form-data; name=image\r\n", "Content-Encoding: gzip\r\n", "Content-Transfer-Encoding: base64\r\n", "filename*=UTF-8''%FF", "boundary=", "\"", ": ", "name="]).Select(Encoding.UTF8.GetBytes)],
        Read,
        static exception => exception is SegmentationException { Error: SegmentationError.BadRequest or SegmentationError.BadImage or SegmentationError.TooLarge or SegmentationError.UnsupportedFormat });

    private static void Read(byte[] input)
    {
        var line = Array.IndexOf(input, (byte)'\n');
        var context = new DefaultHttpContext();
        context.Request.ContentType = Encoding.Latin1.GetString(input, 0, Math.Max(line, 0));
        context.Request.Body = new MemoryStream(input, line + 1, input.Length - line - 1);
        using var image = new ImageUpload(new UploadLimits(MostBytes), new UploadMemory(long.MaxValue, Random.Shared), TimeProvider.System).ReadAsync(context.Request, null, CancellationToken.None).GetAwaiter().GetResult();
        try
        {
            ImageSignature.Detect(image.Bytes.Span);
        }
        catch (SegmentationException failure) when (UploadDiagnosis.TryExplain(failure, image, out var explained))
        {
            throw explained;
        }
    }
}
