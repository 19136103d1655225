using Orleans.Concurrency;

namespace Afa.Grains;

// Reentrant: the calls of all ranks wait in here at once. Each touches the meeting place only before its wait.
[Reentrant]
internal sealed class FeatureExchangeGrain : Grain, IFeatureExchangeGrain
{
    private readonly Rendezvous<IReadOnlyList<TensorSlice>> _rendezvous = new(parts => [.. parts.Select(part => new TensorSlice(part))]);

    public Task<IReadOnlyList<TensorSlice>> GatherAsync(RoundMember member, TensorSlice rows) => _rendezvous.JoinAsync(member, rows.Bytes);

    public Task AbandonAsync(int attempt)
    {
        _rendezvous.Abandon(attempt);
        return Task.CompletedTask;
    }
}
