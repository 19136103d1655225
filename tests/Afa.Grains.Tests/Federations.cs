using System.Text.Json;
using Afa.Federation;
using Afa.Grains;
using Afa.Training;

namespace Afa.Tests.Grains;

/// <summary>Starts federations in a cluster and waits for them.</summary>
internal static class Federations
{
    /// <summary>What the tests of federations start from: seconds of cross-entropy.</summary>
    public static FederationOptions Small(string data, double width) => new()
    {
        Training = new TrainingOptions
        {
            Method = TrainingMethod.Ce,
            DataDirectory = data,
            TrainImages = 0,
            ModelWidth = width,
            BatchSize = 16,
            Optimizer = new OptimizerOptions { LearningRate = 0.05 },
        },
        Participants = 4,
        Partition = new PartitionOptions { Kind = PartitionKind.Iid },
        Rounds = 3,
        Evaluation = new FederatedEvaluationOptions { Attacks = ["fgsm"], Images = 10, MinimumCount = 2 },
    };

    public static string Json(FederationOptions options) => JsonSerializer.Serialize(options, AfaJson.Options);

    public static async Task CompleteAsync(TestCluster cluster, string federation, FederationOptions options)
    {
        await cluster.Control.StartFederationAsync(federation, Json(options));
        var ended = await WaitAsync(cluster, federation, status => status.State != RunState.Running);
        Assert.True(ended.State == RunState.Completed, ended.Message);
    }

    public static async Task<FederationDocument> DocumentAsync(TestCluster cluster, string federation) =>
        JsonSerializer.Deserialize<FederationDocument>((await cluster.Control.GetFederationResultAsync(federation))!, AfaJson.Options)!;

    /// <summary>All bytes of the weights of the last model, by the name that the document gives.</summary>
    public static async Task<byte[]> WeightsAsync(TestCluster cluster, FederationDocument document) =>
        TestCluster.Weights(await cluster.Checkpoints.LoadAsync(document.Rounds[^1].Checkpoint));

    /// <summary>Polls until the federation is as wanted; a call that fails because a silo is gone is repeated.</summary>
    public static Task<FederationStatus> WaitAsync(TestCluster cluster, string federation, Func<FederationStatus, bool> isWanted) =>
        WaitAsync(cluster, federation, status => Task.FromResult(isWanted(status)));

    public static async Task<FederationStatus> WaitAsync(TestCluster cluster, string federation, Func<FederationStatus, Task<bool>> isWantedAsync)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        object? last = null;
        while (!limit.IsCancellationRequested)
        {
            try
            {
                var status = await cluster.Control.GetFederationAsync(federation, limit.Token);
                last = status;
                if (status is not null && await isWantedAsync(status))
                {
                    return status;
                }
            }
            catch (Exception exception) when (exception is OrleansException or TimeoutException or OperationCanceledException or IOException)
            {
                last = exception;
            }

            await Task.Delay(20);
        }

        var rounds = (await DocumentAsync(cluster, federation)).Rounds;
        throw new TimeoutException(
            $"Federation '{federation}' is not as wanted. Last heard: {last}; reasons: {string.Join(" | ", rounds.SelectMany(round => round.Missing).Select(missing => $"{missing.Participant}: {missing.Reason}").Distinct().Take(5))}");
    }
}
