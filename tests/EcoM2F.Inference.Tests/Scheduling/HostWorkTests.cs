using EcoM2F.Inference.Scheduling;

namespace EcoM2F.Inference.Tests.Scheduling;

public sealed class HostWorkTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task KeepAsync_AllPermitsTaken_WaitsForOneAndLeavesSlotsFree()
    {
        using var sut = new HostWork();
        var permits = new List<IDisposable>();
        for (var i = 0; i < Environment.ProcessorCount; i++)
        {
            permits.Add(await sut.KeepAsync(Token));
        }

        var next = sut.KeepAsync(Token);
        Assert.False(next.IsCompleted);
        Assert.Equal(1, await sut.RunAsync(static () => 1, Token));

        permits[0].Dispose();
        permits[0].Dispose(); // gives back once
        permits[0] = await next;
        using var client = new CancellationTokenSource();
        var waiting = sut.KeepAsync(client.Token);
        await client.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        permits.ForEach(static permit => permit.Dispose());
    }
}
