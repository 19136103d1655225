using System.Text.Json;
using Afa.Grains;
using Afa.Training;

namespace Afa.Tests.Grains;

public sealed class TrainingRunStateTests
{
    private const long MaxSizeInBytes = 1 << 20;

    [Fact]
    public void State_OfAnEarlierVersion_IsRead()
    {
        var state = JsonSerializer.Deserialize<TrainingRunState>("""{ "attempt": 3, "buckets": 11, "checkpointStep": 40 }""", AfaJson.Options)!;

        Assert.Equal((3, 40L), (state.Attempt, state.CheckpointStep));
    }

    [Fact]
    public async Task State_WrittenOnceMoreByAnActivationThatWasGivenUp_IsReadAgainAndTheRunEndsTheSame()
    {
        var options = new TrainingOptions
        {
            Method = TrainingMethod.Ce,
            DataDirectory = TestData.Write(trainImages: 160, testImages: 10),
            TrainImages = 0,
            ModelWidth = 0.125,
            Epochs = 3,
            BatchSize = 40,
        };
        var gate = new Gate("runs/disturbed/checkpoints/step-00000004");
        await using var cluster = await TestCluster.StartAsync(silos: 1, new WatchedStore(TestCluster.NewStore(), gate.PassAsync));
        var undisturbed = await cluster.TrainAsync("undisturbed", options);

        await cluster.Control.StartTrainingAsync("disturbed", JsonSerializer.Serialize(options, AfaJson.Options));
        await gate.Reached;
        var blob = $"{BlobGrainStorage.Prefix("training-run")}disturbed.json";
        var content = await cluster.Store.ReadAsync(blob, MaxSizeInBytes, TestContext.Current.CancellationToken);
        await cluster.Store.WriteAsync(blob, (byte[])[.. content!, (byte)'\n'], TestContext.Current.CancellationToken);
        gate.Open();
        var disturbed = await cluster.WaitAsync("disturbed", status => status.State != RunState.Running);

        Assert.Equal((RunState.Completed, null, 1), (disturbed.State, disturbed.Message, disturbed.Recoveries));
        Assert.Equal(await cluster.FinalWeightsAsync("undisturbed"), await cluster.FinalWeightsAsync("disturbed"));
        Assert.Equal(undisturbed.History.Select(row => row.Loss), disturbed.History.Select(row => row.Loss));
    }
}
