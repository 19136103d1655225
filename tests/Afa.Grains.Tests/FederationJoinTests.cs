using Afa.Federation;
using Afa.Grains;
using Afa.Training;
using Orleans.Runtime.Placement;

namespace Afa.Tests.Grains;

public sealed class FederationJoinTests
{
    /// <summary>The silo is still listed when the participant is placed there, and is gone before that has answered.</summary>
    [Fact]
    public async Task Silo_ThatDiesWhileAParticipantOfAnExperimentJoins_IsNoReasonToFail()
    {
        var gate = new CallGate(nameof(IParticipantGrain.JoinAsync), "fed/1");
        await using var cluster = await TestCluster.StartAsync(silos: 3, calls: gate);
        var leader = cluster.Silos.Silos.Select(silo => silo.SiloAddress).Order().First();   // Where participant 0 is, too.
        RequestContext.Set(IPlacementDirector.PlacementHintKey, leader);
        var participant = cluster.Silos.Client.GetGrain<IParticipantGrain>("fed/1");
        await cluster.Control.StartFederationAsync("fed", Federations.Json(new FederationOptions
        {
            Training = new TrainingOptions { Method = TrainingMethod.Ce, DataDirectory = TestData.Write(trainImages: 80, testImages: 40), TrainImages = 0, ModelWidth = 0.125, BatchSize = 8 },
            Participants = 2,
            Partition = new PartitionOptions { Kind = PartitionKind.Iid },
            Rounds = 1,
            LocalSteps = 1,
            Evaluation = new FederatedEvaluationOptions { Attacks = ["fgsm"], Images = 10, MinimumCount = 2 },
        }));
        RequestContext.Remove(IPlacementDirector.PlacementHintKey);

        await gate.Reached;
        var at = await cluster.Silos.Client.GetGrain<IManagementGrain>(0).GetActivationAddress(participant);
        Assert.NotEqual(leader, at);
        await cluster.Silos.KillSiloAsync(cluster.Silos.Silos.Single(silo => silo.SiloAddress.Equals(at)));
        gate.Open();
        var ended = await Federations.WaitAsync(cluster, "fed", status => status.State is not (RunState.Running or RunState.Paused));

        Assert.True(ended.State == RunState.Completed, ended.Message);
    }
}
