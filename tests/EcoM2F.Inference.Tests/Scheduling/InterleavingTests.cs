using CsCheck;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Inference.Scheduling;
using Microsoft.Extensions.Time.Testing;

namespace EcoM2F.Inference.Tests.Scheduling;

/// <summary>
/// Clients that come, leave and let deadlines pass while the device runs, in every order that CsCheck finds; a failure prints the seed that
/// replays it (<c>CsCheck_Seed</c>).
/// </summary>
public sealed class InterleavingTests
{
    [Fact]
    public void ComeLeaveAndExpire_InParallel_EveryImageEndsOnceAndNothingIsLeft() => Gen.Const(0).Select(static _ => new Clients()).SampleParallel(
        Gen.Select(Gen.Int[0, JobQueue.Idle], Gen.Int[1, 4], Gen.Int[1, 3]).Operation<Clients>(static (clients, image) => clients.Come(image.Item1, image.Item2, image.Item3)),
        Gen.Int[0, 3].Operation<Clients>(static (clients, index) => clients.Leave(index)),
        Gen.Const(0).Operation<Clients>(static (clients, _) => clients.PassTime()),
        equal: static (one, other) => (one.End, other.End) is ((0, 0, 0), (0, 0, 0)),
        iter: 150);

    /// <summary>Whoever waits is overtaken by at most so many later images, whatever comes.</summary>
    [Fact]
    public void Take_AnyArrivals_OvertakesNobodyTooOften() => Gen.Select(Gen.Int[0, JobQueue.LeastUrgent], Gen.Bool).Array[0, 400].Sample(
        static steps =>
        {
            var queue = new JobQueue();
            var waiting = new List<DeviceJob>();
            foreach (var (urgency, takes) in steps)
            {
                var job = new ExclusiveJob<int>(static _ => 0, TimeSpan.Zero, CancellationToken.None) { Urgency = urgency };
                queue.Add(job);
                waiting.Add(job);
                if (takes)
                {
                    waiting.Remove(queue.Take(1).Single());
                }
            }

            while (queue.Take(1) is [var next])
            {
                waiting.Remove(next);
                Assert.All(waiting, static job => Assert.InRange(job.Place!.Overtaken, 0, JobQueue.MostOvertaken));
            }

            Assert.Empty(waiting);
        },
        iter: 300);

    /// <summary>A device with images that only count their stages.</summary>
    private sealed class Clients : IDisposable
    {
        private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

        private readonly FakeTimeProvider _time = new();
        private readonly DeviceWorker _device = new(capacity: 1000, maxBatch: 4, maxParallel: 2);
        private readonly List<(Task<int> Task, CancellationTokenSource Client)> _images = [];
        private readonly Lazy<(int, double, int)> _end;

        public Clients() => _end = new(Finish);

        public void Come(int urgency, int stages, int deadline)
        {
            var client = new CancellationTokenSource();
            var task = RunAsync(urgency, stages, Step * deadline, client.Token);
            lock (_images)
            {
                _images.Add((task, client));
            }
        }

        public void Leave(int index)
        {
            CancellationTokenSource? client;
            lock (_images)
            {
                client = index < _images.Count ? _images[index].Client : null;
            }

            client?.Cancel();
        }

        public void PassTime() => _time.Advance(Step);

        /// <summary>What is left once every image has ended: nothing waits, nothing is predicted, and none ended in an unknown way.</summary>
        public (int Waiting, double PredictedSeconds, int Unknown) End => _end.Value;

        public void Dispose() => _device.Dispose();

        private (int Waiting, double PredictedSeconds, int Unknown) Finish()
        {
            using var device = _device;
            var unknown = _images.Count(static image => !EndedAsItMay(image.Task, image.Client));
            _device.RunAsync(static _ => 0, TimeSpan.Zero, CancellationToken.None).GetAwaiter().GetResult(); // until the worker has put the last batch away
            return (_device.Waiting, _device.Predicted.TotalSeconds, unknown);
        }

        private async Task<int> RunAsync(int urgency, int stages, TimeSpan deadline, CancellationToken client)
        {
            using var limit = new RequestDeadline(_time, _time.GetTimestamp(), deadline, client);
            var job = new CountingJob(urgency, stages, limit.Token);
            try
            {
                return await _device.RunAsync(job, job.Task);
            }
            catch (OperationCanceledException) when (limit.HasPassed)
            {
                throw limit.Passed();
            }
        }

        /// <summary>Answered, expired at its deadline, or cancelled by its client.</summary>
        private static bool EndedAsItMay(Task<int> task, CancellationTokenSource client)
        {
            try
            {
                return task.WaitAsync(TimeSpan.FromMinutes(1)).GetAwaiter().GetResult() > 0;
            }
            catch (SegmentationException expired)
            {
                return expired.Error == SegmentationError.DeadlineExceeded;
            }
            catch (OperationCanceledException)
            {
                return client.IsCancellationRequested;
            }
        }
    }

    /// <summary>Runs through so many stages, with any others, and says how many it ran.</summary>
    private sealed class CountingJob : DeviceJob
    {
        private readonly TaskCompletionSource<int> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly int _stages;
        private int _ran;

        public CountingJob(int urgency, int stages, CancellationToken cancellationToken)
            : base(TimeSpan.FromSeconds(1), cancellationToken) => (_stages, Urgency) = (stages, urgency);

        public Task<int> Task => _completion.Task;

        public override StageKey? Key => new StageKey(null!, default, default, Depth: _ran);

        public override int MostTogether => 3;

        public override bool IsDone => _completion.Task.IsCompleted;

        public override void Run(IReadOnlyList<DeviceJob> batch)
        {
            foreach (var job in batch.Cast<CountingJob>())
            {
                job._ran++;
                if (job._ran == job._stages)
                {
                    job._completion.SetResult(job._ran); // throws where it ended before
                }
            }
        }

        public override void Abandon(Exception? reason) => _completion.SetCanceled(CancellationToken); // throws where it ended before
    }
}
