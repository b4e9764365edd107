using EcoM2F.Inference.Scheduling;

namespace EcoM2F.Inference.Tests.Scheduling;

public sealed class HostWorkTests
{
    private const long Megabyte = 1 << 20;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TakeMemoryAsync_AllTaken_WaitsAndLeavesCoresFree()
    {
        using var sut = new HostWork(megabytes: 2);
        var held = await sut.TakeMemoryAsync(2 * Megabyte, Token);

        var next = sut.TakeMemoryAsync(1, Token);
        Assert.False(next.IsCompleted);
        Assert.Equal(1, await sut.RunAsync(static () => 1, Token));
        held.Dispose();

        (await next).Dispose();
        Assert.Equal(0, sut.HeldBytes);
    }

    [Fact]
    public async Task TakeMemoryAsync_Default_IsAPartOfTheMemory()
    {
        using var sut = new HostWork();

        using var all = await sut.TakeMemoryAsync(long.MaxValue, Token);

        Assert.InRange(sut.HeldBytes, 1, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2);
    }

    [Fact]
    public async Task RunWide_InTurn_LendsIdleCoresAndTakesThemBack()
    {
        using var sut = new HostWork();
        var idle = Environment.ProcessorCount - 1;

        foreach (var _ in (int[])[1, 2])
        {
            var (outer, inner) = await sut.RunAsync(() => sut.RunWide(threads => (threads, sut.RunWide(static others => others))), Token);

            Assert.Equal(1 + Math.Min(idle, 3), outer);
            Assert.Equal(1 + Math.Min(idle - (outer - 1), 3), inner);
        }
    }

    [Fact]
    public async Task RunAsync_AllCoresTaken_WaitsOrIsCancelled()
    {
        using var sut = new HostWork();
        using var release = new ManualResetEventSlim();
        var running = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Task.Run(() => sut.RunAsync(() => release.Wait(60_000, Token), Token), Token)).ToList();
        using var client = new CancellationTokenSource();

        // Every core is taken once one more has to wait.
        var waiting = sut.RunAsync(static () => true, client.Token);
        while (waiting.IsCompleted)
        {
            await Task.Yield();
            waiting = sut.RunAsync(static () => true, client.Token);
        }

        await client.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        release.Set();
        Assert.All(await Task.WhenAll(running), Assert.True);
    }
}
