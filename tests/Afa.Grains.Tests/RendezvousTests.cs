using Afa.Grains;
using Microsoft.Extensions.Time.Testing;

namespace Afa.Tests.Grains;

public sealed class RendezvousTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<byte[]> _released = [];
    private readonly Rendezvous<byte[], string> _rendezvous;

    public RendezvousTests() => _rendezvous = new(parts => string.Join(",", parts.Select(part => part[0])), _released.Add, _time);

    [Fact]
    public async Task Members_InAnyOrder_GetTheContributionsInRankOrder()
    {
        var second = _rendezvous.JoinAsync(new(1, 0, Rank: 1, Count: 2), [20]);
        Assert.False(second.IsCompleted);
        var first = _rendezvous.JoinAsync(new(1, 0, Rank: 0, Count: 2), [10]);

        Assert.Equal("10,20", await first);
        Assert.Equal("10,20", await second);
    }

    [Fact]
    public async Task Member_ComingTwice_CountsOnceAndGetsTheSameResult()
    {
        var first = _rendezvous.JoinAsync(new(1, 0, 0, 2), [10]);
        var again = _rendezvous.JoinAsync(new(1, 0, 0, 2), [10]);
        Assert.False(again.IsCompleted);
        await _rendezvous.JoinAsync(new(1, 0, 1, 2), [20]);

        Assert.Equal("10,20", await first);
        Assert.Equal("10,20", await again);
        Assert.Equal("10,20", await _rendezvous.JoinAsync(new(1, 0, 0, 2), [10]));
    }

    [Fact]
    public async Task Contribution_IsReleasedOnce_AfterTheResultIsMade()
    {
        byte[] first = [10], again = [11], second = [20], late = [12];
        _ = _rendezvous.JoinAsync(new(1, 0, 0, 2), first);
        _ = _rendezvous.JoinAsync(new(1, 0, 0, 2), first);   // The same by reference, as inside a silo: still in use.
        Assert.Empty(_released);
        _ = _rendezvous.JoinAsync(new(1, 0, 0, 2), again);
        Assert.Equal([first], _released);

        Assert.Equal("11,20", await _rendezvous.JoinAsync(new(1, 0, 1, 2), second));
        Assert.Equal([first, again, second], _released);

        Assert.Equal("11,20", await _rendezvous.JoinAsync(new(1, 0, 0, 2), late));
        Assert.Equal([first, again, second, late], _released);

        byte[] unmet = [30];
        _ = _rendezvous.JoinAsync(new(1, 1, 0, 2), unmet);
        _rendezvous.Abandon(1);
        Assert.Equal([first, again, second, late, unmet], _released);
    }

    [Fact]
    public async Task Result_ThatCannotBeMade_IsAnErrorForEveryMember()
    {
        var rendezvous = new Rendezvous<byte[], string>(_ => throw new InvalidOperationException("unfit"), _released.Add, _time);
        var first = rendezvous.JoinAsync(new(1, 0, 0, 2), [10]);
        var second = rendezvous.JoinAsync(new(1, 0, 1, 2), [20]);

        await Assert.ThrowsAsync<InvalidOperationException>(() => first);
        await Assert.ThrowsAsync<InvalidOperationException>(() => second);
        Assert.Equal(2, _released.Count);
    }

    [Fact]
    public void Attempt_IsCurrent_UntilItIsGivenUpOrALaterOneBegins()
    {
        _rendezvous.RequireCurrent(1);
        _rendezvous.Abandon(1);
        Assert.Throws<RoundAbandonedException>(() => _rendezvous.RequireCurrent(1));
        _rendezvous.RequireCurrent(2);
        _ = _rendezvous.JoinAsync(new(3, 0, 0, 2), [10]);
        Assert.Throws<RoundAbandonedException>(() => _rendezvous.RequireCurrent(2));
    }

    [Fact]
    public async Task Abandon_WhileAMemberWaits_TellsIt()
    {
        var waiting = _rendezvous.JoinAsync(new(1, 0, 0, 2), [10]);
        _rendezvous.Abandon(1);

        await Assert.ThrowsAsync<RoundAbandonedException>(() => waiting);
    }

    [Fact]
    public void Member_OfAnAbandonedAttempt_IsRefused()
    {
        _rendezvous.Abandon(2);

        Assert.Throws<RoundAbandonedException>(() => { _ = _rendezvous.JoinAsync(new(1, 5, 0, 2), [10]); });
        Assert.False(_rendezvous.JoinAsync(new(3, 0, 0, 2), [10]).IsCompleted);
    }

    [Fact]
    public async Task Member_OfALaterAttempt_EndsTheWaitOfTheEarlierOne()
    {
        var waiting = _rendezvous.JoinAsync(new(1, 7, 0, 2), [10]);
        _ = _rendezvous.JoinAsync(new(2, 0, 1, 2), [20]);

        await Assert.ThrowsAsync<RoundAbandonedException>(() => waiting);
    }

    [Fact]
    public async Task Member_WhoseOthersDoNotCome_IsSentAwayAfterAWhile_AndCountsOnceWhenItComesAgain()
    {
        var first = _rendezvous.JoinForAWhileAsync(new(1, 0, 0, 2), [10]);
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.False(first.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(await first);

        var again = _rendezvous.JoinForAWhileAsync(new(1, 0, 0, 2), [10]);
        Assert.Equal("10,20", await _rendezvous.JoinForAWhileAsync(new(1, 0, 1, 2), [20]));
        Assert.Equal("10,20", await again);
    }
}
