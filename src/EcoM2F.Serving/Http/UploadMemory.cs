using System.Globalization;
using EcoM2F.Inference.Errors;

namespace EcoM2F.Serving.Http;

/// <summary>
/// Counts the bytes of all uploads, from their arrival until they are answered, and refuses what goes over the limit. Bytes and not requests: a
/// slow client holds no more than it has sent. Thread-safe.
/// </summary>
/// <param name="limit">Bytes.</param>
/// <param name="random">Spreads the moments at which refused clients come back.</param>
internal sealed class UploadMemory(long limit, Random random)
{
    private const int LongestWaitSeconds = 3;

    private long _held;

    public long Held => Interlocked.Read(ref _held);

    /// <summary>Counts bytes that have arrived; the caller returns them.</summary>
    /// <exception cref="SegmentationException"><see cref="SegmentationError.Overloaded"/>, with a Retry-After; nothing is counted then.</exception>
    public void Take(int bytes)
    {
        if (Interlocked.Add(ref _held, bytes) <= limit)
        {
            return;
        }

        Return(bytes);
        throw new SegmentationException(
            SegmentationError.Overloaded, string.Create(CultureInfo.InvariantCulture, $"The uploads in progress take the {limit} bytes that all may take together."))
        {
            RetryAfter = TimeSpan.FromSeconds(1 + random.Next(LongestWaitSeconds)),
        };
    }

    public void Return(int bytes) => Interlocked.Add(ref _held, -bytes);
}
