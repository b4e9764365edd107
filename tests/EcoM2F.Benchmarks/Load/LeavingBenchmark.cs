using System.Security.Cryptography;

namespace EcoM2F.Benchmarks.Load;

/// <summary>Clients that leave at random moments, of uploads, queue and run: what stays behind, and whether the next answer is right.</summary>
internal static class LeavingBenchmark
{
    private const int AtOnce = 16;
    private const int LongestMilliseconds = 250;

    public static async Task RunAsync(int clients)
    {
        var photos = Photos.Read().Select(static photo => photo.Bytes).ToList();
        await using var service = await LoadedService.StartAsync(models: null, "--Scheduling:TargetMilliseconds", "0", "--Scheduling:MaxQueueMilliseconds", "0");
        var expected = await MasksAsync(service, photos[0]);
        await service.RunClosedAsync(photos, 300, AtOnce, "");
        await PrintAsync(service, "before");
        var (left, answered) = (0, 0);
        var random = new Random(5);
        var patience = Enumerable.Range(0, clients).Select(_ => random.Next(LongestMilliseconds)).ToArray();
        await Parallel.ForEachAsync(Enumerable.Range(0, clients), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, token) =>
        {
            using var client = CancellationTokenSource.CreateLinkedTokenSource(token);
            client.CancelAfter(patience[i]);
            try
            {
                using var response = await service.PostAsync(photos[i % photos.Count], cancellationToken: client.Token);
                Interlocked.Increment(ref answered);
            }
            catch (OperationCanceledException) when (!token.IsCancellationRequested)
            {
                Interlocked.Increment(ref left);
            }
        });
        Console.WriteLine($"{clients} clients: {left} left, {answered} were answered before");
        while (await service.MetricAsync("ecom2f_queue_images") > 0)
        {
            await Task.Delay(50);
        }

        await PrintAsync(service, "after");
        Console.WriteLine(await MasksAsync(service, photos[0]) == expected ? "the next answer has the same masks as the first" : "THE NEXT ANSWER DIFFERS");
    }

    private static async Task PrintAsync(LoadedService service, string when)
    {
        var (handles, threads) = service.Counts();
        Console.WriteLine(FormattableString.Invariant($"{when}: {service.Megabytes:0} MB resident, {handles} handles, {threads} threads, {await service.MetricAsync("ecom2f_queue_images"):0} images wait, {await service.MetricAsync("ecom2f_queue_predicted_seconds"):0.000} s predicted"));
    }

    /// <summary>Hash of the PNG of segment ids at full depth.</summary>
    private static async Task<string> MasksAsync(LoadedService service, byte[] photo)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/segment") { Content = new ByteArrayContent(photo) };
        request.Headers.TryAddWithoutValidation("Accept", "image/png");
        request.Headers.TryAddWithoutValidation("Compute-Budget", "depth=6");
        using var response = await service.Client.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return Convert.ToHexString(SHA256.HashData(await response.Content.ReadAsByteArrayAsync()));
    }
}
