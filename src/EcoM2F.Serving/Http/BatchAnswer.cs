using System.IO.Pipelines;

namespace EcoM2F.Serving.Http;

/// <summary>
/// The answer of a batch while it grows: lines from several images at once, sent as fast as the client reads. What it has not read yet is
/// kept up to <see cref="MostUnread"/>; beyond that <see cref="WriteAsync"/> waits, and with it the upload. Clients that read only
/// after they have sent everything are served as long as their results fit. Thread-safe.
/// </summary>
internal sealed class BatchAnswer(HttpResponse response) : IAsyncDisposable
{
    /// <summary>Bytes: the results of some hundred photographs.</summary>
    private const int MostUnread = 16 * 1024 * 1024;

    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: MostUnread, resumeWriterThreshold: MostUnread / 2, useSynchronizationContext: false));
    private readonly SemaphoreSlim _writing = new(1);
    private Task _sending = Task.CompletedTask;

    /// <summary>Whether the status has been sent: from then on failures are lines.</summary>
    public bool HasStarted { get; private set; }

    /// <summary>Sends the headers.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        HasStarted = true;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = BatchEntry.ContentType;
        ApiHeaders.SetOn(response.Headers);
        await response.StartAsync(cancellationToken);
        _sending = _pipe.Reader.CopyToAsync(response.Body, cancellationToken);
    }

    public async Task WriteAsync(BatchEntry entry, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            entry.WriteTo(_pipe.Writer);
            await _pipe.Writer.FlushAsync(cancellationToken);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Returns when everything has been sent.</summary>
    public async Task CompleteAsync()
    {
        await _pipe.Writer.CompleteAsync();
        await _sending;
    }

    /// <summary>Ends what a failure has left: whatever was not sent is given up.</summary>
    public async ValueTask DisposeAsync()
    {
        await _pipe.Writer.CompleteAsync(new OperationCanceledException("The batch has ended early."));
        await _sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _writing.Dispose();
    }
}
