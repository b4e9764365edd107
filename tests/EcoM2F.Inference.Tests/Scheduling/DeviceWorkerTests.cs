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
    public async Task RunAsync_IdleWork_TakesNoImagesPlace()
    {
        using var sut = new DeviceWorker(1);
        using var release = new ManualResetEventSlim();
        var running = await Occupy(sut, release);
        var order = new List<string>();
        var idle = new ExclusiveJob<int>(_ => Note("idle"), TimeSpan.Zero, Token) { Urgency = JobQueue.Idle };
        var warming = sut.RunAsync(idle, idle.Task);
        var image = sut.RunAsync(_ => Note("image"), TimeSpan.Zero, Token);
        Assert.Equal(1, sut.Waiting);

        release.Set();
        await Task.WhenAll(running, warming, image);
        Assert.Equal(["image", "idle"], order);

        int Note(string name)
        {
            order.Add(name);
            return 0;
        }
    }

    [Fact]
    public async Task RunAsync_Resuming_RunsBeforeThoseThatWait()
    {
        using var sut = new DeviceWorker(10);
        using var release = new ManualResetEventSlim();
        var running = await Occupy(sut, release);
        var order = new List<string>();
        var first = new ExclusiveJob<int>(_ => Note("first"), TimeSpan.Zero, Token);
        var (begun, later) = (sut.RunAsync(first, first.Task), sut.RunAsync(_ => Note("later"), TimeSpan.Zero, Token));
        var job = new ExclusiveJob<int>(_ => Note("resumed"), TimeSpan.Zero, Token);
        var resumed = sut.RunAsync(job, job.Task, resumes: first);
        release.Set();
        await Task.WhenAll(running, begun, later, resumed);

        Assert.Equal(["first", "resumed", "later"], order);

        int Note(string what)
        {
            order.Add(what);
            return order.Count;
        }
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

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Dispose_JobsWaiting_EndsRunningAndAbandonsTheRest(int maxParallel)
    {
        var sut = new DeviceWorker(4, maxParallel: maxParallel);
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

    [Fact]
    public async Task RunAsync_JobsOfOneStage_ShareABatchUpToItsLimit()
    {
        using var sut = new DeviceWorker(100, maxBatch: 2);
        var log = new List<string>();

        await RunTogetherAsync(sut, [new("a", log, "stem") { Most = 8 }, new("b", log, "gate"), new("c", log, "stem"), new("d", log, "stem")]);

        Assert.Equal(["stem a c", "gate b", "stem d"], log);
    }

    [Fact]
    public async Task RunAsync_JobsThatDoNotPayTogether_RunAlone()
    {
        using var sut = new DeviceWorker(100, maxBatch: 8);
        var log = new List<string>();

        await RunTogetherAsync(sut, [new("a", log, "stem") { Most = 1 }, new("b", log, "stem") { Most = 3 }, new("c", log, "stem"), new("d", log, "stem"), new("e", log, "stem")]);

        Assert.Equal(["stem a", "stem b c d", "stem e"], log);
    }

    [Fact]
    public async Task RunAsync_JobBetweenStages_KeepsItsPlaceBeforeLaterOnes()
    {
        using var sut = new DeviceWorker(100);
        var log = new List<string>();

        await RunTogetherAsync(sut, [new("a", log, "stem", "encoder", "decoder"), new("b", log, "stem", "encoder", "decoder")]);

        Assert.Equal(["stem a", "encoder a", "decoder a", "stem b", "encoder b", "decoder b"], log);
        Assert.Equal(TimeSpan.Zero, sut.Predicted);
    }

    [Fact]
    public async Task RunAsync_ClientLeavesBetweenStages_TheRestIsNotRun()
    {
        using var sut = new DeviceWorker(100);
        using var client = new CancellationTokenSource();
        var log = new List<string>();
        var job = new StagedJob("a", log, client.Token, "stem", "encoder") { AfterStage = client.Cancel };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sut.RunAsync(job, job.Task));

        Assert.Equal(["stem a"], log);
        Assert.Equal((0, TimeSpan.Zero), (sut.Waiting, sut.Predicted));
    }

    [Fact]
    public async Task RunAsync_SeveralThreads_RunSideBySide()
    {
        using var sut = new DeviceWorker(100, maxParallel: 3);
        using var all = new CountdownEvent(3);
        var met = 0;
        StagedJob[] jobs = [.. Enumerable.Range(0, 3).Select(i => new StagedJob($"{i}", [], "stem") { AfterStage = Meet, Most = 1 })];

        await Task.WhenAll(jobs.Select(job => sut.RunAsync(job, job.Task)));

        Assert.Equal(3, met);

        void Meet()
        {
            all.Signal();
            Interlocked.Add(ref met, all.Wait(TimeSpan.FromSeconds(30), Token) ? 1 : 0); // for ever, if they came one after the other
        }
    }

    /// <summary>Whatever is measured, or changes the device, has nothing beside it.</summary>
    [Fact]
    public async Task RunAsync_JobsThatRunAlone_HaveNothingBesideThem()
    {
        using var sut = new DeviceWorker(1000, maxParallel: 3);
        var (running, disturbed, order) = (0, 0, new List<Task>());
        for (var i = 0; i < 100; i++)
        {
            var image = new StagedJob("image", [], "stem", "encoder", "decoder") { AfterStage = () => Stay(alone: false), Most = 1 };
            var idle = new StagedJob("idle", [], "stem", "encoder") { AfterStage = () => Stay(alone: true), Urgency = JobQueue.Idle, Most = 1 };
            order.AddRange([sut.RunAsync(image, image.Task), sut.RunAsync(_ => Stay(alone: true), TimeSpan.Zero, Token), sut.RunAsync(idle, idle.Task)]);
        }

        await Task.WhenAll(order);
        await sut.RunAsync(static _ => 0, TimeSpan.Zero, Token); // until the worker has put the last batch away

        Assert.Equal(0, disturbed);
        Assert.Equal((0, TimeSpan.Zero), (sut.Waiting, sut.Predicted));

        int Stay(bool alone)
        {
            var others = Interlocked.Increment(ref running) - 1;
            Thread.Sleep(alone ? 1 : 0); // lets others begin, which they must not
            others = Math.Max(others, Interlocked.Decrement(ref running));
            return alone && others > 0 ? Interlocked.Increment(ref disturbed) : 0;
        }
    }

    [Fact]
    public async Task Stretch_OthersRunOrWait_CountsThoseThatHaveAThread()
    {
        using var sut = new DeviceWorker(10, maxParallel: 2);
        Assert.Equal((1, 1), (sut.Stretch(joining: 0), sut.Stretch(joining: 1)));

        using var begun = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        var job = new StagedJob("a", [], "stem") { AfterStage = Hold };
        var running = sut.RunAsync(job, job.Task);
        begun.Wait(Token);
        Assert.Equal((1, 2), (sut.Stretch(joining: 0), sut.Stretch(joining: 1)));
        var waiting = sut.RunAsync(static _ => 1, TimeSpan.Zero, Token);
        Assert.Equal((2, 2), (sut.Stretch(joining: 0), sut.Stretch(joining: 1)));

        release.Set();
        await Task.WhenAll(running, waiting);

        void Hold()
        {
            begun.Set();
            release.Wait(Token);
        }
    }

    /// <summary>What runs alone delays the others once; it does not run beside them.</summary>
    [Fact]
    public async Task Stretch_WhatRunsAlone_DoesNotCount()
    {
        using var sut = new DeviceWorker(10, maxParallel: 2);
        using var release = new ManualResetEventSlim();
        var running = await Occupy(sut, release);

        Assert.Equal(1, sut.Stretch(joining: 1));
        release.Set();
        await running;
    }

    [Fact]
    public async Task RunAsync_CallerOfWhatRunsAloneLeaves_OthersGoOn()
    {
        using var sut = new DeviceWorker(10, maxParallel: 2);
        using var client = new CancellationTokenSource();
        using var begun = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        var first = new StagedJob("first", [], "stem") { AfterStage = Hold };
        var running = sut.RunAsync(first, first.Task);
        begun.Wait(Token);
        var alone = sut.RunAsync(static _ => 0, TimeSpan.Zero, client.Token);
        var behind = new StagedJob("behind", [], "stem");
        var later = sut.RunAsync(behind, behind.Task);

        await client.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => alone);
        await later.WaitAsync(TimeSpan.FromSeconds(30), Token); // while the first still runs

        release.Set();
        await running;

        void Hold()
        {
            begun.Set();
            release.Wait(Token);
        }
    }

    private static async Task RunTogetherAsync(DeviceWorker sut, StagedJob[] jobs)
    {
        using var release = new ManualResetEventSlim();
        var running = await Occupy(sut, release);
        var tasks = jobs.Select(job => sut.RunAsync(job, job.Task)).ToArray();
        release.Set();
        await running;
        await Task.WhenAll(tasks);
        await sut.RunAsync(static _ => 0, TimeSpan.Zero, Token); // until the worker has put the last batch away
    }

    /// <summary>A job that only notes which stages it ran, and with whom.</summary>
    private sealed class StagedJob(string name, List<string> log, CancellationToken cancellationToken, params string[] stages)
        : DeviceJob(TimeSpan.FromSeconds(1), cancellationToken)
    {
        private readonly TaskCompletionSource<int> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _stage;

        public StagedJob(string name, List<string> log, params string[] stages)
            : this(name, log, CancellationToken.None, stages)
        {
        }

        public Task<int> Task => _completion.Task;

        public Action? AfterStage { get; init; }

        public override StageKey? Key => new StageKey(null!, default, default, Profile: stages[_stage]);

        public override int MostTogether => Most;

        public int Most { get; init; } = 2;

        public override bool IsDone => _completion.Task.IsCompleted;

        public override void Run(IReadOnlyList<DeviceJob> batch)
        {
            lock (log)
            {
                log.Add($"{stages[_stage]} {string.Join(' ', batch.Cast<StagedJob>().Select(static job => job.Name))}");
            }

            foreach (var job in batch.Cast<StagedJob>())
            {
                job.Advance();
            }
        }

        public override void Abandon(Exception? reason) => _completion.TrySetCanceled();

        private string Name => name;

        private void Advance()
        {
            AfterStage?.Invoke();
            if (_stage + 1 == stages.Length)
            {
                _completion.TrySetResult(0);
            }
            else
            {
                _stage++;
            }
        }
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
