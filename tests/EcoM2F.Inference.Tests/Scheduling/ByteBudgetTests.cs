using CsCheck;
using EcoM2F.Inference.Scheduling;

namespace EcoM2F.Inference.Tests.Scheduling;

public sealed class ByteBudgetTests
{
    private const long Limit = 100;

    private readonly ByteBudget _sut = new(Limit);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TakeAsync_UpToTheLimit_IsGivenAtOnce()
    {
        using var first = await _sut.TakeAsync(60, Token);
        using var second = await _sut.TakeAsync(40, Token);
        var third = _sut.TakeAsync(1, Token);

        Assert.False(third.IsCompleted);
        Assert.Equal(Limit, _sut.Held);
        first.Dispose();
        first.Dispose(); // gives back once
        (await third).Dispose();
        Assert.Equal(40, _sut.Held);
    }

    [Fact]
    public async Task TakeAsync_SmallBehindLarge_DoesNotPassIt()
    {
        var first = await _sut.TakeAsync(60, Token);
        var (large, small) = (_sut.TakeAsync(80, Token), _sut.TakeAsync(1, Token));

        Assert.False(small.IsCompleted);
        first.Dispose();

        (await large).Dispose();
        (await small).Dispose();
    }

    [Fact]
    public async Task TakeAsync_MoreThanThereIs_HasItAlone()
    {
        var first = await _sut.TakeAsync(1, Token);
        var huge = _sut.TakeAsync(long.MaxValue, Token);
        Assert.False(huge.IsCompleted);
        first.Dispose();
        using var held = await huge;

        Assert.Equal(Limit, _sut.Held);
        Assert.False(_sut.TakeAsync(1, Token).IsCompleted);
    }

    [Fact]
    public async Task TakeAsync_WaitingOneLeaves_TheNextIsServed()
    {
        using var first = await _sut.TakeAsync(60, Token);
        using var client = new CancellationTokenSource();
        var (large, small) = (_sut.TakeAsync(80, client.Token), _sut.TakeAsync(40, Token));
        Assert.False(small.IsCompleted);

        await client.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large);
        (await small).Dispose();
    }

    [Fact]
    public async Task ShrinkTo_GivesBackTheRest()
    {
        using var first = await _sut.TakeAsync(100, Token);
        var second = _sut.TakeAsync(70, Token);

        first.ShrinkTo(40);
        Assert.Equal(40, _sut.Held);
        Assert.False(second.IsCompleted);
        first.ShrinkTo(60); // never grows
        first.ShrinkTo(30);

        (await second).Dispose();
        Assert.Equal(30, _sut.Held);
    }

    /// <summary>Whatever several do at once, nothing is given that is not there, and in the end everything is back.</summary>
    [Fact]
    public void TakeGiveBackAndLeave_InParallel_EverythingComesBack() => Gen.Const(0).Select(static _ => new Users()).SampleParallel(
        Gen.Long[0, Limit].Operation<Users>(static (users, bytes) => users.Take(bytes)),
        Gen.Int[0, 3].Operation<Users>(static (users, index) => users.GiveBack(index)),
        Gen.Int[0, 3].Operation<Users>(static (users, index) => users.Leave(index)),
        equal: static (one, other) => (one.Left, other.Left) is (0, 0),
        iter: 200);

    /// <summary>Some that take and give back, by number.</summary>
    private sealed class Users
    {
        private readonly ByteBudget _budget = new(Limit);
        private readonly List<(Task<ByteBudget.Holding> Task, CancellationTokenSource Source)> _all = [];

        private readonly Lazy<long> _left;

        public Users() => _left = new(Drain);

        /// <summary>Bytes held after all have left or given back.</summary>
        public long Left => _left.Value;

        public void Take(long bytes)
        {
            Assert.InRange(_budget.Held, 0, Limit);
            lock (_all)
            {
                var source = new CancellationTokenSource();
                _all.Add((_budget.TakeAsync(bytes, source.Token), source));
            }
        }

        public void GiveBack(int index)
        {
            if (At(index)?.Task is { IsCompletedSuccessfully: true } task)
            {
                task.Result.Dispose();
            }
        }

        public void Leave(int index) => At(index)?.Source.Cancel();

        private long Drain()
        {
            foreach (var (task, source) in _all)
            {
                source.Cancel();
                task.ContinueWith(static ended => ended.IsCompletedSuccessfully ? ended.Result : null, TaskScheduler.Default).GetAwaiter().GetResult()?.Dispose();
            }

            return _budget.Held;
        }

        private (Task<ByteBudget.Holding> Task, CancellationTokenSource Source)? At(int index)
        {
            lock (_all)
            {
                return index < _all.Count ? _all[index] : null;
            }
        }
    }
}
