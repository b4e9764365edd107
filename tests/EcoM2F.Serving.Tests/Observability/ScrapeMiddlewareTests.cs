using System.IO.Pipelines;
using EcoM2F.Serving.Observability;
using Microsoft.AspNetCore.Http;

namespace EcoM2F.Serving.Tests.Observability;

public sealed class ScrapeMiddlewareTests : IDisposable
{
    private readonly ScrapeMiddleware _sut = new();

    public void Dispose() => _sut.Dispose();

    [Fact]
    public async Task Invoke_TwoAtOnce_CollectOneAfterTheOther()
    {
        var release = new TaskCompletionSource();
        var collections = 0;
        async Task CollectAsync(HttpContext context)
        {
            collections++;
            await release.Task;
        }

        var first = _sut.InvokeAsync(new DefaultHttpContext(), CollectAsync);
        var second = _sut.InvokeAsync(new DefaultHttpContext(), CollectAsync);
        Assert.Equal(1, collections);

        release.SetResult();
        await first;
        await second;
        Assert.Equal(2, collections);
    }

    [Fact]
    public async Task Invoke_WhileAnotherClientDoesNotRead_Answers()
    {
        var nobodyReads = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
        var slow = new DefaultHttpContext { Response = { Body = nobodyReads.Writer.AsStream() } };
        var quick = new DefaultHttpContext { Response = { Body = new MemoryStream() } };

        var waiting = _sut.InvokeAsync(slow, WriteAsync);
        await _sut.InvokeAsync(quick, WriteAsync);

        Assert.Equal("text"u8.ToArray(), ((MemoryStream)quick.Response.Body).ToArray());
        Assert.Equal(4, quick.Response.ContentLength);
        Assert.False(waiting.IsCompleted);
        await nobodyReads.Reader.CompleteAsync();
        await waiting;

        static Task WriteAsync(HttpContext context) => context.Response.WriteAsync("text");
    }

    [Fact]
    public async Task Invoke_CollectionFails_LetsTheNextOneIn()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => _sut.InvokeAsync(new DefaultHttpContext(), static _ => throw new InvalidOperationException()));

        await _sut.InvokeAsync(new DefaultHttpContext(), static _ => Task.CompletedTask);
    }
}
