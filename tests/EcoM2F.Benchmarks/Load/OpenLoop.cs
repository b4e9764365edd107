using System.Diagnostics;
using System.Net;

namespace EcoM2F.Benchmarks.Load;

/// <summary>Requests that come at given moments, whether or not earlier ones are answered.</summary>
internal static class OpenLoop
{
    /// <summary>For answers that come after a run's end.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <param name="arrivals">From now on, ascending.</param>
    /// <returns>In order of arrival; one that had no answer counts as a timeout.</returns>
    public static async Task<OverloadAnswer[]> RunAsync(LoadedService service, IReadOnlyList<byte[]> photos, string budget, IReadOnlyList<TimeSpan> arrivals)
    {
        using var patience = new CancellationTokenSource(arrivals[^1] + Patience);
        var start = Stopwatch.GetTimestamp();
        var requests = new List<Task<OverloadAnswer>>(arrivals.Count);
        foreach (var (i, due) in arrivals.Index())
        {
            if (due - Stopwatch.GetElapsedTime(start) is { Ticks: > 0 } wait)
            {
                await Task.Delay(wait, CancellationToken.None);
            }

            requests.Add(SendAsync(i % photos.Count, due));
        }

        return await Task.WhenAll(requests);

        async Task<OverloadAnswer> SendAsync(int photo, TimeSpan due)
        {
            try
            {
                using var response = await service.PostAsync(photos[photo], budget, cancellationToken: patience.Token);
                return OverloadAnswer.Of(photo, due, response, Stopwatch.GetElapsedTime(start) - due);
            }
            catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
            {
                return new OverloadAnswer(photo, due, HttpStatusCode.RequestTimeout, Stopwatch.GetElapsedTime(start) - due, 0, 0);
            }
        }
    }
}
