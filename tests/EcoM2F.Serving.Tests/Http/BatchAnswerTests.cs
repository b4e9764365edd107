using System.Text;
using EcoM2F.Serving.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EcoM2F.Serving.Tests.Http;

/// <summary>What a batch's client has not read.</summary>
public sealed class BatchAnswerTests
{
    private const int Megabyte = 1024 * 1024;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WriteAsync_ClientThatDoesNotRead_WaitsUntilItDoes()
    {
        var body = new HeldStream();
        await using var answer = new BatchAnswer(Response(body));
        await answer.StartAsync(Token);
        await answer.WriteAsync(Entry(0, 9 * Megabyte), Token);

        var second = answer.WriteAsync(Entry(1, 9 * Megabyte), Token);
        var third = answer.WriteAsync(Entry(2, 1), Token);

        Assert.False(second.IsCompleted);
        Assert.False(third.IsCompleted);
        body.Release();
        await Task.WhenAll(second, third);
        await answer.CompleteAsync();
        Assert.Equal(["0", "1", "2"], Encoding.UTF8.GetString(body.Written.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line[9..10]));
    }

    [Fact]
    public async Task DisposeAsync_BeforeTheEnd_ReturnsAlthoughNobodyReads()
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var answer = new BatchAnswer(Response(new HeldStream()));
        await answer.StartAsync(gone.Token);
        await answer.WriteAsync(Entry(0, Megabyte), gone.Token);
        await gone.CancelAsync();

        await answer.DisposeAsync();
    }

    private static BatchEntry Entry(int index, int bytes) => new(index, Name: null, StatusCodes.Status200OK, Encoding.ASCII.GetBytes($"\"{new string('a', bytes)}\""));

    private static HttpResponse Response(Stream body)
    {
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(body));
        return context.Response;
    }

    /// <summary>Keeps its writers waiting until it is released.</summary>
    private sealed class HeldStream : Stream
    {
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public MemoryStream Written { get; } = new();

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public void Release() => _released.TrySetResult();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await _released.Task.WaitAsync(cancellationToken);
            Written.Write(buffer.Span);
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
