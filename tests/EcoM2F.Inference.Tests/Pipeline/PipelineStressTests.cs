namespace EcoM2F.Inference.Tests.Pipeline;

[Collection(RunsAlone.Name)]
public sealed class PipelineStressTests(TinyEngine engine) : IClassFixture<TinyEngine>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Images that are cancelled at every stage must not leave a rented buffer, a pinned array or a native value behind.</summary>
    [Fact]
    public async Task SegmentAsync_ThousandImagesManyCancelled_MemoryStaysFlat()
    {
        var photos = Enumerable.Range(0, 8).Select(static i => TinyEngine.MakePhoto(64 + (24 * i), 160 - (12 * i), i)).ToArray();
        await RunAsync(200);
        var before = Resident();

        await RunAsync(1000);

        Assert.InRange(Resident() - before, long.MinValue, 96L << 20); // a leaked tensor per image would be several hundred MB

        async Task RunAsync(int images)
        {
            await Parallel.ForEachAsync(Enumerable.Range(0, images), new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = Token }, async (i, token) =>
            {
                using var client = CancellationTokenSource.CreateLinkedTokenSource(token);
                if (i % 3 == 0)
                {
                    client.CancelAfter(TimeSpan.FromMilliseconds(i % 20));
                }

                try
                {
                    await engine.SegmentAsync(photos[i % photos.Length], cancellationToken: client.Token);
                }
                catch (OperationCanceledException) when (!token.IsCancellationRequested)
                {
                    // the client of this test left
                }
            });
        }
    }

    private static long Resident()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return Environment.WorkingSet;
    }
}
