using System.Text.Json;
using Afa.Grains;
using Afa.Training;
using Microsoft.Extensions.DependencyInjection;

namespace Afa.Tests.Grains;

/// <summary>Runs whose trainers come and go with the silos, each of which has two device slots here.</summary>
public sealed class ElasticTrainingTests
{
    private const int StepsPerEpoch = 5;

    private static readonly TrainingOptions Elastic = new()
    {
        Method = TrainingMethod.Ce,
        DataDirectory = TestData.Write(trainImages: 240, testImages: 10),
        TrainImages = 0,
        ModelWidth = 0.25,
        Epochs = 4,
        BatchSize = 48,
        Shards = 6,
        Trainers = 6,
        Elastic = true,
    };

    [Fact]
    public async Task Silo_KilledDuringTraining_TheRunEndsWithFewerTrainersAndNearlyTheSameWeights()
    {
        var gate = new Gate("runs/disturbed/checkpoints/step-00000010");
        await using var cluster = await TestCluster.StartAsync(silos: 3, new WatchedStore(TestCluster.NewStore(), gate.PassAsync));
        var undisturbed = await cluster.TrainAsync("undisturbed", Elastic);

        await cluster.Control.StartTrainingAsync("disturbed", JsonSerializer.Serialize(Elastic, AfaJson.Options));
        await gate.Reached;
        await cluster.Silos.KillSiloAsync(cluster.Silos.Silos[1]);
        gate.Open();
        var disturbed = await cluster.WaitAsync("disturbed", status => status.State != RunState.Running);

        // Two silos have four slots, and four do not divide six shards.
        Assert.Equal((RunState.Completed, 6, 0), (undisturbed.State, undisturbed.Trainers, undisturbed.Recoveries));
        Assert.Equal((RunState.Completed, 3, null), (disturbed.State, disturbed.Trainers, disturbed.Message));
        Assert.True(disturbed.Recoveries > 0);
        await AssertNearlyEqualAsync(cluster, undisturbed, disturbed);
    }

    [Fact]
    public async Task Silo_LeavesInOrderDuringTraining_TheRunGoesOnWithFewerTrainersFromTheCheckpointThatWasHandedOver()
    {
        var gate = new Gate("runs/disturbed/checkpoints/step-00000005");
        await using var cluster = await TestCluster.StartAsync(silos: 3, new WatchedStore(TestCluster.NewStore(), gate.PassAsync));
        var undisturbed = await cluster.TrainAsync("undisturbed", Elastic);
        var leaving = cluster.Silos.Silos[2];

        await cluster.Control.StartTrainingAsync("disturbed", JsonSerializer.Serialize(Elastic, AfaJson.Options));
        await gate.Reached;
        var handOver = cluster.Silos.Client.GetGrain<ITrainingRunGrain>("disturbed").HandOverAsync(leaving.SiloAddress);
        gate.Open();
        await handOver.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        await cluster.Silos.StopSiloAsync(leaving);
        var disturbed = await cluster.WaitAsync("disturbed", status => status.State != RunState.Running);

        Assert.Equal((RunState.Completed, 3, null), (disturbed.State, disturbed.Trainers, disturbed.Message));
        Assert.Equal(0, disturbed.Recoveries);   // Also if the run's grain was on that silo, and so had to move.
        await AssertNearlyEqualAsync(cluster, undisturbed, disturbed);
    }

    [Fact]
    public async Task Silo_JoinsDuringTraining_TheRunGoesOnWithMoreTrainersOnItAndNearlyTheSameWeights()
    {
        var (first, last) = (new Gate("runs/disturbed/checkpoints/step-00000005"), new Gate("runs/disturbed/checkpoints/step-00000015"));
        var store = new WatchedStore(TestCluster.NewStore(), name => Task.WhenAll(first.PassAsync(name), last.PassAsync(name)));
        var recovery = new RunRecoveryOptions { ResumesOnActivation = true, RoomInterval = TimeSpan.Zero };
        await using var cluster = await TestCluster.StartAsync(silos: 1, store, recovery);
        var undisturbed = await cluster.TrainAsync("undisturbed", Elastic);

        await cluster.Control.StartTrainingAsync("disturbed", JsonSerializer.Serialize(Elastic, AfaJson.Options));
        await first.Reached;
        var before = await cluster.Control.GetTrainingAsync("disturbed", TestContext.Current.CancellationToken);
        await cluster.Silos.StartAdditionalSiloAsync();
        var joined = await cluster.Silos.StartAdditionalSiloAsync();
        await cluster.Silos.WaitForLivenessToStabilizeAsync();
        first.Open();
        await last.Reached;
        var partsOfJoined = cluster.Silos.GetSiloServiceProvider(joined.SiloAddress).GetRequiredService<SiloWork>().Runs;
        last.Open();
        var disturbed = await cluster.WaitAsync("disturbed", status => status.State != RunState.Running);

        Assert.Equal(["disturbed"], partsOfJoined);
        Assert.Equal((RunState.Completed, 2), (undisturbed.State, undisturbed.Trainers));
        Assert.Equal(2, before!.Trainers);
        Assert.Equal((RunState.Completed, 6, null, 0), (disturbed.State, disturbed.Trainers, disturbed.Message, disturbed.Recoveries));
        await AssertNearlyEqualAsync(cluster, undisturbed, disturbed);

        // It changed over in the middle of an epoch, where one step moves weights by far more than the tolerance.
        var (before6, after6) = (await WeightsAtAsync(cluster, 5), await WeightsAtAsync(cluster, 6));
        var move = WeightDifference.Largest(before6, after6);
        TestContext.Current.TestOutputHelper?.WriteLine($"Step 6 moves a weight by {move:G3}.");
        Assert.True(move > 10 * WeightDifference.Tolerance);
    }

    [Fact]
    public async Task Run_ThatIsNotElastic_KeepsItsTrainersWhateverTheSlots()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 1);

        var kept = await cluster.TrainAsync("kept", Elastic with { Elastic = false });
        var elastic = await cluster.TrainAsync("elastic", Elastic);
        var two = await cluster.TrainAsync("two", Elastic with { Elastic = false, Trainers = 2 });

        Assert.Equal((null, 2, null), (kept.Trainers, elastic.Trainers, two.Trainers));
        Assert.Equal(await cluster.FinalWeightsAsync("two"), await cluster.FinalWeightsAsync("elastic"));
        Assert.NotEqual(await cluster.FinalWeightsAsync("kept"), await cluster.FinalWeightsAsync("elastic"));
    }

    private static async Task<byte[]> WeightsAtAsync(TestCluster cluster, long step)
    {
        var name = (await cluster.Control.ListCheckpointsAsync("disturbed")).Single(checkpoint => checkpoint.Step == step).Name;
        return TestCluster.Weights(await cluster.Checkpoints.LoadAsync(name));
    }

    private static async Task AssertNearlyEqualAsync(TestCluster cluster, TrainingRunStatus undisturbed, TrainingRunStatus disturbed)
    {
        var (expected, weights) = (await cluster.FinalWeightsAsync(undisturbed.Run), await cluster.FinalWeightsAsync(disturbed.Run));
        var losses = undisturbed.History.Zip(disturbed.History, (row, other) => Math.Abs(row.Loss - other.Loss)).Max();
        TestContext.Current.TestOutputHelper?.WriteLine($"Largest difference of a weight {WeightDifference.Largest(expected, weights):G3}, of an epoch's loss {losses:G3}.");

        Assert.InRange(WeightDifference.Largest(expected, weights), 0, WeightDifference.Tolerance);
        Assert.InRange(losses, 0, WeightDifference.Tolerance);
        Assert.Equal(undisturbed.History.Select(row => (row.Phase, row.Epoch, row.LearningRate)), disturbed.History.Select(row => (row.Phase, row.Epoch, row.LearningRate)));
        Assert.Equal((Elastic.Epochs, Elastic.Epochs * StepsPerEpoch), (disturbed.History.Count, (int)disturbed.Step));
    }
}
