using System.Buffers;
using System.IO.Pipelines;

namespace EcoM2F.Serving.Http;

/// <summary>
/// A request's body as a stream whose reads <see cref="PipeReader.CancelPendingRead"/> may end. The framework's stream throws then
/// too, but leaves the read open, and the server cannot drain the body any more.
/// </summary>
internal sealed class UploadStream(PipeReader reader) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var result = await reader.ReadAsync(cancellationToken);
        var length = result.IsCanceled ? 0 : (int)Math.Min(result.Buffer.Length, buffer.Length);
        var part = result.Buffer.Slice(0, length);
        part.CopyTo(buffer.Span);
        reader.AdvanceTo(part.End); // the part's memory is the server's again
        return result.IsCanceled ? throw new OperationCanceledException("The upload was stopped.") : length;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Uploads are read asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
