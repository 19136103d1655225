using Afa.Grains;

namespace Afa.Tests.Grains;

public sealed class LocalReductionsTests
{
    private readonly LocalReductions _reductions = new();

    [Theory]
    [InlineData(1, 100)]
    [InlineData(2, 1)]
    [InlineData(2, 65_536)]
    [InlineData(3, 65_537)]
    [InlineData(4, 300_001)]   // Five shares, the last one short.
    public async Task Sum_OfTrainersOnOneSilo_IsThatInRankOrderOnEach(int count, int length)
    {
        var gradients = Gradients.Create(count, length);
        var expected = Gradients.SumInOrder(gradients);

        await ReduceAsync(gradients, round: 0);

        Assert.All(gradients, gradient => Gradients.AssertSameBits(expected, gradient));
        if (count > 2 && length > 1000)
        {
            var other = Gradients.Create(count, length);
            Assert.NotEqual(expected, Gradients.SumInOrder(other.Reverse()));   // Else the test could not tell.
        }
    }

    [Fact]
    public async Task Trainer_WhoseAttemptIsGivenUp_LeavesAndIsNotReadAnyMore()
    {
        var gradients = Gradients.Create(3, 1000);
        var untouched = Gradients.Create(3, 1000);
        var isOver = false;
        var waiting = Gradients.OnThreadsAsync([0, 1], rank => Record.Exception(() => Reduce(gradients, rank, round: 0, requireCurrent: () =>
        {
            if (Volatile.Read(ref isOver))
            {
                throw new RoundAbandonedException("over");
            }
        })));
        Assert.NotSame(waiting, await Task.WhenAny(waiting, Task.Delay(200, TestContext.Current.CancellationToken)));
        Volatile.Write(ref isOver, true);

        Assert.All(await waiting, exception => Assert.IsType<RoundAbandonedException>(exception));
        Assert.Equal(0, _reductions.Open);

        // One that comes late finds nobody there, and goes as well.
        Assert.IsType<RoundAbandonedException>(Record.Exception(() => Reduce(gradients, 2, round: 0, requireCurrent: () => throw new RoundAbandonedException("over"))));
        Assert.Equal(0, _reductions.Open);
        Assert.Equal(untouched, gradients);
    }

    [Fact]
    public async Task Attempt_AfterAnAbandonedOne_WithFewerTrainers_GetsItsOwnSum()
    {
        var old = Gradients.Create(3, 1000);
        Assert.IsType<RoundAbandonedException>(Record.Exception(() => Reduce(old, 0, round: 0, requireCurrent: () => throw new RoundAbandonedException("over"))));

        var gradients = Gradients.Create(2, 1000, seed: 2);
        var expected = Gradients.SumInOrder(gradients);
        await ReduceAsync(gradients, round: 0, attempt: 2);

        Assert.All(gradients, gradient => Gradients.AssertSameBits(expected, gradient));
    }

    [Fact]
    public async Task Gradients_OfDifferentLength_AreRefusedByEach()
    {
        float[][] gradients = [new float[10], new float[11]];

        var failures = await Gradients.OnThreadsAsync([0, 1], rank => Record.Exception(() => Reduce(gradients, rank, round: 0)));

        Assert.All(failures, failure => Assert.Contains("10, 11", Assert.IsType<InvalidOperationException>(failure).Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Exchange_ThatFails_FreesAllTrainersOfTheSilo()
    {
        var gradients = Gradients.Create(3, 10);

        var failures = await Gradients.OnThreadsAsync([0, 1, 2], rank => Record.Exception(() => Reduce(gradients, rank, 0, exchange: _ => throw new TimeoutException("A silo is gone."))));

        Assert.IsType<TimeoutException>(failures[0]);
        Assert.All(failures[1..], failure => Assert.Contains("A silo is gone.", Assert.IsType<RoundAbandonedException>(failure).Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Rounds_InASteadyState_AllocateNearlyNothing()
    {
        const int Rounds = 20;
        var gradients = Gradients.Create(2, 1 << 20);   // 4 MiB each.
        await ReduceAsync(gradients, round: 0);

        var allocated = await Gradients.OnThreadsAsync([0, 1], rank =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var round = 1; round <= Rounds; round++)
            {
                Reduce(gradients, rank, round);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        });

        Assert.InRange(allocated.Sum(), 0, Rounds * 4096);
    }

    private Task<bool[]> ReduceAsync(float[][] gradients, long round, int attempt = 1) => Gradients.OnThreadsAsync(Enumerable.Range(0, gradients.Length), rank =>
    {
        Reduce(gradients, rank, round, attempt: attempt);
        return true;
    });

    private void Reduce(float[][] gradients, int rank, long round, Action? requireCurrent = null, Action<LocalReduction>? exchange = null, int attempt = 1) => _reductions.Reduce(
        new RoundMember(attempt, round, rank, gradients.Length), "run", [.. Enumerable.Range(0, gradients.Length)], gradients[rank], requireCurrent ?? (() => { }), exchange);
}
