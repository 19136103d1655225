using Orleans.Concurrency;

namespace Afa.Grains;

// Reentrant: the calls of all ranks wait in here at once. Each touches the meeting place only before its wait.
[Reentrant]
internal sealed class FeatureExchangeGrain(TimeProvider time) : Grain, IFeatureExchangeGrain
{
    private readonly Rendezvous<TensorSlice, IReadOnlyList<TensorSlice>> _rendezvous = new(rows => rows.ToArray(), _ => { }, time);

    public Task<IReadOnlyList<TensorSlice>?> GatherAsync(RoundMember member, TensorSlice rows) => _rendezvous.JoinForAWhileAsync(member, rows);

    public Task RequireCurrentAsync(int attempt)
    {
        _rendezvous.RequireCurrent(attempt);
        return Task.CompletedTask;
    }

    public Task AbandonAsync(int attempt)
    {
        _rendezvous.Abandon(attempt);
        return Task.CompletedTask;
    }
}
