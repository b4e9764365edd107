using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace EcoM2F.Client;

/// <summary>A form whose parts are opened and sent one after the other, so that a batch of any length needs the memory of one image.</summary>
internal sealed class BatchContent : HttpContent
{
    private readonly string _boundary = Guid.NewGuid().ToString("N");
    private readonly IEnumerable<BatchImage> _images;

    public BatchContent(IEnumerable<BatchImage> images)
    {
        _images = images;
        Headers.ContentType = MediaTypeHeaderValue.Parse($"multipart/form-data; boundary={_boundary}");
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        foreach (var image in _images)
        {
            await using var content = image.Content.ConfigureAwait(false);
            var name = Uri.EscapeDataString(image.Name);
            var head = $"--{_boundary}\r\nContent-Disposition: form-data; name=\"image\"; filename=\"image\"; filename*=UTF-8''{name}\r\n\r\n";
            await stream.WriteAsync(Encoding.ASCII.GetBytes(head), cancellationToken).ConfigureAwait(false);
            await image.Content.CopyToAsync(stream, cancellationToken).ConfigureAwait(false);
            await stream.WriteAsync("\r\n"u8.ToArray(), cancellationToken).ConfigureAwait(false);
            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        await stream.WriteAsync(Encoding.ASCII.GetBytes($"--{_boundary}--\r\n"), cancellationToken).ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
