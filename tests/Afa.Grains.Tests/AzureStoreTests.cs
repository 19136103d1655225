using System.Diagnostics;
using System.Globalization;
using Afa.Grains;
using Afa.Storage;
using Afa.Tests.Storage;
using Afa.Training;

namespace Afa.Tests.Grains;

/// <summary>Runs upon a real blob server, which goes away in the middle.</summary>
public sealed class AzureStoreTests(AzuriteServer server) : IClassFixture<AzuriteServer>
{
    private static readonly TrainingOptions Tiny = new()
    {
        Method = TrainingMethod.Ce,
        DataDirectory = TestData.Write(trainImages: 240, testImages: 10),
        TrainImages = 0,
        ModelWidth = 0.25,
        Epochs = 3,
        BatchSize = 40,
    };

    private static readonly Lazy<Task<(TrainingRunStatus Status, byte[] Weights)>> Undisturbed = new(TrainInDirectoryAsync);

    [Theory]
    [InlineData(60, 0.2)]   // Retries outlast the outage: the run does not notice.
    [InlineData(1, 1.5)]    // They do not: the run recovers from its last checkpoint, again and again until the server is back.
    public async Task Server_StoppedAndStartedDuringTraining_TheRunEndsWithTheSameWeights(int retries, double seconds)
    {
        Assert.SkipWhen(server.Missing is not null, server.Missing ?? "");
        var (outage, isOver) = (0, new TaskCompletionSource<TimeSpan>());
        var store = new WatchedStore(NewStore(retries), async name =>
        {
            if (name.Contains("step-00000012/model-", StringComparison.Ordinal) && Interlocked.Exchange(ref outage, 1) == 0)
            {
                await server.StopAsync();
                _ = StartLaterAsync(seconds, isOver);
            }
        });
        await using var azure = await TestCluster.StartAsync(silos: 1, store);
        var (undisturbed, weights) = await Undisturbed.Value;

        var disturbed = await azure.TrainAsync("run", Tiny);
        var away = await isOver.Task;

        Assert.Equal((RunState.Completed, RunState.Completed), (undisturbed.State, disturbed.State));
        Assert.Equal(weights, await azure.FinalWeightsAsync("run"));
        Assert.Equal(undisturbed.History.Select(row => (row.Epoch, row.Loss)), disturbed.History.Select(row => (row.Epoch, row.Loss)));
        Assert.Equal(undisturbed.Step, disturbed.Step);
        Assert.Equal(retries == 1, disturbed.Recoveries > 0);
        Assert.Contains(await azure.Control.ListCheckpointsAsync("run"), checkpoint => checkpoint.Step == 6);   // Written before the outage.
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"The server was away for {away.TotalSeconds:F1} s, with {retries} retries of a call: {disturbed.Recoveries} recoveries; step {disturbed.Step} of {undisturbed.Step} and {disturbed.History.Count} of {undisturbed.History.Count} epochs in the history, no step lost, the same weights."));
    }

    private static async Task<(TrainingRunStatus Status, byte[] Weights)> TrainInDirectoryAsync()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 1);
        return (await cluster.TrainAsync("run", Tiny), await cluster.FinalWeightsAsync("run"));
    }

    private AzureBlobStore NewStore(int retries)
    {
        var options = AzureBlobStore.ClientOptions();
        options.Retry.MaxRetries = retries;
        options.Retry.Delay = TimeSpan.FromMilliseconds(50);
        options.Retry.MaxDelay = TimeSpan.FromMilliseconds(500);
        return new(server.NewContainer(options), "afa");
    }

    private async Task StartLaterAsync(double seconds, TaskCompletionSource<TimeSpan> isOver)
    {
        var stopped = Stopwatch.GetTimestamp();
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(seconds));
            await server.StartAsync();
            isOver.SetResult(Stopwatch.GetElapsedTime(stopped));
        }
        catch (Exception exception)
        {
            isOver.SetException(exception);
        }
    }
}
