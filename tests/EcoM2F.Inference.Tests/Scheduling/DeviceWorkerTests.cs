using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Scheduling;

namespace EcoM2F.Inference.Tests.Scheduling;

public sealed class DeviceWorkerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunAsync_ManyJobs_RunInOrderOnOneThread()
    {
        using var sut = new DeviceWorker(100);
        var order = new List<int>();
        var threads = new HashSet<int>();
        var jobs = Enumerable.Range(0, 50).Select(i => sut.RunAsync(
            _ =>
            {
                order.Add(i);
                threads.Add(Environment.CurrentManagedThreadId);
                return i;
            },
            TimeSpan.Zero,
            Token)).ToArray();

        var results = await Task.WhenAll(jobs);

        Assert.Equal(Enumerable.Range(0, 50), results);
        Assert.Equal(Enumerable.Range(0, 50), order);
        Assert.Single(threads);
    }

    [Fact]
    public async Task RunAsync_FullQueue_RefusesWithTimeToComeBack()
    {
        using var sut = new DeviceWorker(1);
        using var release = new ManualResetEventSlim();
        var running = await Occupy(sut, release);
        var waiting = sut.RunAsync(static _ => 1, TimeSpan.FromSeconds(5), Token);

        var error = await Assert.ThrowsAsync<SegmentationException>(() => sut.RunAsync(static _ => 2, TimeSpan.FromSeconds(5), Token));

        Assert.Equal(SegmentationError.Overloaded, error.Error);
        Assert.Equal(TimeSpan.FromSeconds(6), error.RetryAfter);
        release.Set();
        await running;
        Assert.Equal(1, await waiting);
    }

    [Fact]
    public void Reserve_AllPlacesTaken_RefusesUntilOneIsGivenBack()
    {
        using var sut = new DeviceWorker(1);
        using var waiting = sut.Reserve();
        var running = sut.Reserve();

        Assert.Equal(SegmentationError.Overloaded, Assert.Throws<SegmentationException>(sut.Reserve).Error);
        Assert.Throws<SegmentationException>(sut.ThrowIfFull);
        running.Dispose();
        running.Dispose(); // gives back once

        sut.ThrowIfFull();
        using var next = sut.Reserve();
        Assert.Throws<SegmentationException>(sut.Reserve);
    }

    [Fact]
    public async Task RunAsync_CallerLeavesWhileWaiting_IsDequeuedAtOnceAndNeverRuns()
    {
        using var sut = new DeviceWorker(1);
        using var release = new ManualResetEventSlim();
        var running = await Occupy(sut, release);
        using var client = new CancellationTokenSource();
        var ran = false;
        var left = sut.RunAsync(_ => ran = true, TimeSpan.FromSeconds(3), client.Token);
        Assert.Equal(1, sut.Waiting);

        await client.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        Assert.Equal(0, sut.Waiting);
        Assert.Equal(TimeSpan.FromSeconds(1), sut.Predicted);
        var next = sut.RunAsync(static _ => 7, TimeSpan.Zero, Token);
        release.Set();
        await running;
        Assert.Equal(7, await next);
        Assert.False(ran);
    }

    [Fact]
    public async Task RunAsync_JobThrows_FailsItsCallerOnly()
    {
        using var sut = new DeviceWorker(4);

        await Assert.ThrowsAsync<InvalidOperationException>(() => sut.RunAsync<int>(static _ => throw new InvalidOperationException(), TimeSpan.Zero, Token));

        Assert.Equal(3, await sut.RunAsync(static _ => 3, TimeSpan.Zero, Token));
        Assert.Equal(TimeSpan.Zero, sut.Predicted);
    }

    [Fact]
    public async Task Dispose_JobsWaiting_EndsRunningAndAbandonsTheRest()
    {
        var sut = new DeviceWorker(4);
        using var release = new ManualResetEventSlim();
        var running = await Occupy(sut, release);
        var waiting = sut.RunAsync(static _ => 1, TimeSpan.Zero, Token);
        var disposal = Task.Run(sut.Dispose, Token);

        var error = await Assert.ThrowsAsync<SegmentationException>(() => waiting);
        release.Set();
        await disposal;

        Assert.Equal(SegmentationError.NotReady, error.Error);
        Assert.Equal(0, await running);
        await Assert.ThrowsAsync<SegmentationException>(() => sut.RunAsync(static _ => 1, TimeSpan.Zero, Token));
    }

    /// <summary>Has the worker busy with a job of one predicted second that ends when told to.</summary>
    private static async Task<Task<int>> Occupy(DeviceWorker sut, ManualResetEventSlim release)
    {
        var started = new TaskCompletionSource();
        var job = sut.RunAsync(
            _ =>
            {
                started.SetResult();
                release.Wait(Token);
                return 0;
            },
            TimeSpan.FromSeconds(1),
            Token);
        await started.Task;
        return job;
    }
}
