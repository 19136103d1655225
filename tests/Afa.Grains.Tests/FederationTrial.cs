using Afa.Federation;
using Afa.Grains;

namespace Afa.Tests.Grains;

/// <summary>A cluster in which federations run while what they need is taken away at planned moments.</summary>
internal sealed class FederationTrial : IAsyncDisposable
{
    private readonly TestCluster _cluster;
    private readonly SwitchedStore _store;
    private readonly StoreWrites _writes;

    private FederationTrial(TestCluster cluster, SwitchedStore store, StoreWrites writes) => (_cluster, _store, _writes) = (cluster, store, writes);

    public TestCluster Cluster => _cluster;

    /// <summary>What has befallen all federations so far.</summary>
    public Dictionary<FaultKind, int> Faults { get; } = [];

    public static async Task<FederationTrial> StartAsync()
    {
        var store = new SwitchedStore(TestCluster.NewStore());
        var writes = new StoreWrites();
        return new FederationTrial(await TestCluster.StartAsync(silos: 3, new WatchedStore(store, writes.NoteAsync)), store, writes);
    }

    /// <summary>Runs a federation to its end, on which it must come whatever happens.</summary>
    public async Task<Ended> RunAsync(string federation, FederationOptions options, IReadOnlyList<Fault> plan)
    {
        var storeReturns = new List<Task>();
        var rounds = 0;
        _writes.Begin(federation);
        await _cluster.Control.StartFederationAsync(federation, Federations.Json(options));
        var ending = EndAsync();
        foreach (var fault in plan)
        {
            if (await Task.WhenAny(_writes.ReachAsync(fault.Step), ending) == ending)
            {
                break;   // It was quicker than its faults.
            }

            await Task.Delay(fault.Delay);
            await InflictAsync(fault);
            Faults[fault.Kind] = Faults.GetValueOrDefault(fault.Kind) + 1;
        }

        var ended = await ending;
        await Task.WhenAll(storeReturns);
        var isResumed = ended.State == RunState.Failed && storeReturns.Count > 0 && ended.Message!.Contains(SwitchedStore.Message, StringComparison.Ordinal);
        if (isResumed)
        {
            // It says that the store is to be mended, and a user does so.
            await _cluster.Control.ResumeFederationAsync(federation);
            ended = await EndAsync();
        }

        Assert.True(ended.State == RunState.Completed, $"{ended.State}: {ended.Message}");
        await Trials.RequireFreeSlotsAsync(_cluster);
        var document = await Federations.DocumentAsync(_cluster, federation);
        return new Ended(document, await Federations.WeightsAsync(_cluster, document), _writes.Count, _writes.Models, isResumed);

        // One that is paused has lost its process and is taken up again.
        Task<FederationStatus> EndAsync() => Federations.WaitAsync(_cluster, federation, status =>
        {
            Volatile.Write(ref rounds, status.Round);
            return status.State is RunState.Completed or RunState.Failed or RunState.Canceled;
        });

        async Task InflictAsync(Fault fault)
        {
            switch (fault.Kind)
            {
                case FaultKind.SiloKilled:
                    await KillAsync(_cluster.Silos.Silos[fault.Victim % _cluster.Silos.Silos.Count].SiloAddress);
                    break;
                case FaultKind.AggregatorKilled:
                    var aggregator = _cluster.Silos.Client.GetGrain<IAggregatorGrain>($"{federation}/{Math.Min(Volatile.Read(ref rounds), options.Rounds - 1)}");
                    await KillAsync(await _cluster.Silos.Client.GetGrain<IManagementGrain>(0).GetActivationAddress(aggregator)
                        ?? _cluster.Silos.Silos[fault.Victim % _cluster.Silos.Silos.Count].SiloAddress);
                    break;
                case FaultKind.FederationGrainLost:
                    await DeactivateAsync(_cluster.Silos.Client.GetGrain<IFederationGrain>(federation));
                    break;
                case FaultKind.ParticipantLost:
                    await DeactivateAsync(_cluster.Silos.Client.GetGrain<IParticipantGrain>($"{federation}/{fault.Victim % options.Count}"));
                    break;
                default:
                    await Task.WhenAll(storeReturns);   // One absence after the other.
                    storeReturns.Add(_store.FailAsync(fault.Duration, alsoReads: fault.Kind == FaultKind.StoreAway));
                    break;
            }
        }
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    private async Task KillAsync(SiloAddress address)
    {
        // The grain may have been asked for on a silo that has died since.
        var silo = _cluster.Silos.Silos.FirstOrDefault(silo => silo.SiloAddress.Equals(address)) ?? _cluster.Silos.Silos[0];
        await _cluster.Silos.KillSiloAsync(silo);
        await _cluster.Silos.StartAdditionalSiloAsync();
    }

    private async Task DeactivateAsync(IAddressable grain)
    {
        try
        {
            await _cluster.Silos.DeactivateAsync(grain);
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException or IOException)
        {
            // It was on a silo that has just died, or cannot come up while the store is away: it is lost in any case.
        }
    }

    /// <param name="Writes">What was written meanwhile.</param>
    /// <param name="Models">How many new models among it, attempts that failed included.</param>
    /// <param name="IsResumed">Whether a user had to.</param>
    public sealed record Ended(FederationDocument Document, byte[] Weights, int Writes, int Models, bool IsResumed);
}
