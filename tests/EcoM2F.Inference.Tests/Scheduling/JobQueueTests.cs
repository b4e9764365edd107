using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Scheduling;

namespace EcoM2F.Inference.Tests.Scheduling;

/// <summary>The order in which images run.</summary>
public sealed class JobQueueTests
{
    private readonly JobQueue _sut = new();

    [Fact]
    public void Take_EquallyUrgent_AreOldestFirst()
    {
        Add("a", 3);
        Add("b", 3);
        Add("c", 3);

        Assert.Equal(["a", "b", "c", ""], [Take(), Take(), Take(), Take()]);
        Assert.Equal(0, _sut.Count);
    }

    /// <summary>It would never get its turn if others went ahead.</summary>
    [Fact]
    public void Take_NextRunsAlone_IsWaitedForWhileOthersRun()
    {
        var alone = new ExclusiveJob<int>(static _ => 0, TimeSpan.Zero, CancellationToken.None);
        _sut.Add(alone);
        Add("later", JobQueue.UsualUrgency);

        Assert.Empty(_sut.Take(1, isFree: false));
        Assert.Equal([alone], _sut.Take(1));
        Assert.Single(_sut.Take(1, isFree: false));
    }

    [Fact]
    public void Take_MoreUrgent_ComesFirst()
    {
        Add("later", 7);
        Add("usual", JobQueue.UsualUrgency);
        Add("first", 0);
        Add("second", 0);

        Assert.Equal(["first", "second", "usual", "later"], [Take(), Take(), Take(), Take()]);
    }

    [Fact]
    public void Take_BetweenStages_KeepsItsPlaceAmongEquals()
    {
        var begun = Add("begun", 3);
        Assert.Equal("begun", Take());
        Add("newer", 3);
        Add("urgent", 1);
        _sut.Add(begun, begun.Place!);

        Assert.Equal(["urgent", "begun", "newer"], [Take(), Take(), Take()]);
    }

    [Fact]
    public void Take_OvertakenAsOftenAsAllowed_ComesNextAndStaysAhead()
    {
        var patient = Add("patient", 7);
        for (var i = 0; i < JobQueue.MostOvertaken; i++)
        {
            Add("urgent", 0);
            Assert.Equal("urgent", Take());
        }

        Add("urgent", 0);
        Assert.Equal("patient", Take());
        _sut.Add(patient, patient.Place!);
        Assert.Equal(["patient", "urgent"], [Take(), Take()]);
    }

    [Fact]
    public void Take_StagesOfOneImage_OvertakeOnce()
    {
        Add("patient", 7);
        var urgent = Add("urgent", 0);
        for (var stage = 0; stage < 2 * JobQueue.MostOvertaken; stage++)
        {
            Assert.Equal("urgent", Take());
            _sut.Add(urgent, urgent.Place!);
        }

        Assert.Equal("urgent", Take());
    }

    [Fact]
    public void Take_YoungerImages_AreNotOvertaken()
    {
        Add("first", 0);
        var younger = Add("younger", 7);
        Take();

        Assert.Equal(0, younger.Place!.Overtaken);
    }

    [Fact]
    public void Take_ABatch_HasTheNextJobAndOthersOfItsStage()
    {
        Add("a", 3, size: 1);
        Add("b", 3, size: 2);
        Add("c", 5, size: 1);
        Add("d", 3, size: 1);

        Assert.Equal(["a", "d"], _sut.Take(2).Select(static job => ((Named)job).Name));
        Assert.Equal(["b"], _sut.Take(2).Select(static job => ((Named)job).Name));
        Assert.Equal(["c"], _sut.Take(2).Select(static job => ((Named)job).Name));
    }

    [Fact]
    public void Take_CancelledJob_IsLeftToWhoeverWithdrawsIt()
    {
        using var gone = new CancellationTokenSource();
        var left = new Named("left", 1, gone.Token);
        _sut.Add(left);
        Add("next", 3);
        gone.Cancel();

        Assert.Equal(["next", ""], [Take(), Take()]);
        Assert.True(_sut.Remove(left));
        Assert.False(_sut.Remove(left));
        Assert.Equal(0, _sut.Count);
    }

    [Fact]
    public void Take_IdleWork_RunsWhereNothingWaitsAndDoesNotCount()
    {
        var idle = Add("idle", JobQueue.Idle);
        Assert.Equal(0, _sut.Count);
        for (var i = 0; i <= JobQueue.MostOvertaken; i++)
        {
            Add("image", JobQueue.LeastUrgent);
            Assert.Equal((1, "image"), (_sut.Count, Take()));
        }

        Add("image", 3);
        Assert.Equal(["image"], _sut.Take(2).Select(static job => ((Named)job).Name)); // of the same stage, and alone all the same
        Assert.Equal(["idle", ""], [Take(), Take()]);
        Assert.Equal(0, _sut.Count);
        _sut.Add(idle, idle.Place!);
        Assert.True(_sut.Remove(idle));
        Assert.Equal(0, _sut.Count);
    }

    [Fact]
    public void TakeAll_EmptiesIt()
    {
        Add("a", 7);
        Add("b", 0);

        Assert.Equal(["b", "a"], _sut.TakeAll().Select(static job => ((Named)job).Name));
        Assert.Equal((0, ""), (_sut.Count, Take()));
    }

    private string Take() => _sut.Take(1) is [Named job] ? job.Name : "";

    private Named Add(string name, int urgency, int size = 1)
    {
        var job = new Named(name, size, CancellationToken.None) { Urgency = urgency };
        _sut.Add(job);
        return job;
    }

    private sealed class Named(string name, int size, CancellationToken cancellationToken) : DeviceJob(TimeSpan.Zero, cancellationToken)
    {
        public string Name => name;

        public override StageKey? Key => new StageKey(null!, new(size, size), Stage.Stem);

        public override int MostTogether => 8;

        public override bool IsDone => false;

        public override void Run(IReadOnlyList<DeviceJob> batch) => throw new NotSupportedException();

        public override void Abandon(Exception? reason) => throw new NotSupportedException();
    }
}
