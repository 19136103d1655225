using Afa.Federation;
using Afa.Grains;
using Afa.Training;
using Orleans.Core.Internal;
using Orleans.Runtime.Placement;

namespace Afa.Tests.Grains;

/// <summary>Where a participant and its shard come up, and go.</summary>
public sealed class ParticipantPlacementTests
{
    private static readonly string s_data = TestData.Write(trainImages: 80, testImages: 40);

    private static readonly FederationOptions s_options = new()
    {
        Training = new TrainingOptions { Method = TrainingMethod.Ce, DataDirectory = s_data, TrainImages = 0 },
        Participants = 4,
        Partition = new PartitionOptions { Kind = PartitionKind.Iid },
    };

    /// <summary>As when a call that does not say where comes first after a silo has died, or when silos are counted otherwise since.</summary>
    [Fact]
    public async Task Participant_ThatLivesElsewhereThanItIsAskedToBe_HasItsShardWithIt()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 2);

        await BringUpAsync(cluster, place: 0);
        var report = await JoinAsync(cluster, place: 1);

        Assert.Equal((null, 20), (report.Problem, report.Images));
        await RequireAtAsync(cluster, place: 0);
    }

    [Fact]
    public async Task Participant_ThatHasMoved_TakesItsShardWithIt()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 2);
        var before = await JoinAsync(cluster, place: 1);
        Hint(cluster, place: 0);
        await Participant(cluster).AsReference<IGrainManagementExtension>().MigrateOnIdle();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await AddressAsync(cluster) != cluster.Silos.Silos[0].SiloAddress)
        {
            await Task.Delay(50, limit.Token);
            await BringUpAsync(cluster, place: 0);
        }

        var report = await JoinAsync(cluster, place: 1);

        Assert.Equal((null, null, 20), (before.Problem, report.Problem, report.Images));
        await RequireAtAsync(cluster, place: 0);
    }

    [Fact]
    public async Task Participant_OfAnOwnerThatCameUpOnAnotherSilo_MovesToItsOwn()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 3, owner: place => place == 1 ? new SiloOwner("a", s_data) : new SiloOwner());
        var own = (await cluster.Control.ListSilosAsync()).Single(silo => silo.Owner == "a").Address;
        var place = cluster.Silos.Silos.ToList().FindIndex(silo => silo.SiloAddress.ToParsableString() == own);
        var options = Federations.Json(s_options with { Owners = ["a"] });

        await BringUpAsync(cluster, (place + 1) % 3);
        var refused = await JoinAsync(cluster, place, options);
        var report = await JoinAsync(cluster, place, options);

        Assert.Contains("works only on its own silo", refused.Problem, StringComparison.Ordinal);
        Assert.Equal((null, 80), (report.Problem, report.Images));
        await RequireAtAsync(cluster, place);
    }

    private static async Task BringUpAsync(TestCluster cluster, int place)
    {
        Hint(cluster, place);
        Assert.Null(await Participant(cluster).PollRoundAsync(0, "any"));
    }

    private static Task<ParticipantReport> JoinAsync(TestCluster cluster, int place, string? options = null)
    {
        Hint(cluster, place);
        return Participant(cluster).JoinAsync(new ParticipantAssignment("fed", 0, options ?? Federations.Json(s_options)));
    }

    private static void Hint(TestCluster cluster, int place) => RequestContext.Set(IPlacementDirector.PlacementHintKey, cluster.Silos.Silos[place].SiloAddress);

    private static async Task RequireAtAsync(TestCluster cluster, int place) => Assert.Equal(cluster.Silos.Silos[place].SiloAddress, await AddressAsync(cluster));

    private static async Task<SiloAddress?> AddressAsync(TestCluster cluster) => await cluster.Silos.Client.GetGrain<IManagementGrain>(0).GetActivationAddress(Participant(cluster));

    private static IParticipantGrain Participant(TestCluster cluster) => cluster.Silos.Client.GetGrain<IParticipantGrain>("fed/0");
}
