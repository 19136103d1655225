using System.Text.Json;
using Afa.Checkpoints;
using Afa.Data;
using Afa.Federation;
using Afa.Federation.Aggregation;
using Afa.Federation.Attackers;
using Afa.Federation.Privacy;
using Afa.Grains;
using Afa.Training;
using static Afa.Tests.Grains.Federations;

namespace Afa.Tests.Grains;

public sealed class FederationTests
{
    private static readonly string Data = TestData.Write(trainImages: 320, testImages: 120);

    private static readonly FederationOptions Tiny = Small(Data, width: 0.25) with { Evaluation = new FederatedEvaluationOptions { Attacks = ["fgsm"], Images = 30, MinimumCount = 2 } };

    private static readonly Lazy<Task<(FederationDocument Document, byte[] Weights)>> Undisturbed = new(() => RunAsync(Tiny, silos: 1));

    [Fact]
    public async Task Federation_OfFour_TrainsJudgesAndStoresEachRound()
    {
        var (document, _) = await Undisturbed.Value;

        Assert.Equal([1, 2, 3], document.Rounds.Select(round => round.Round));
        Assert.All(document.Rounds, round => Assert.Equal([0, 1, 2, 3], round.Delivered));
        Assert.True(document.Rounds[^1].Loss < document.Rounds[0].Loss);
        Assert.Equal(320, document.Participants.Sum(participant => participant.Images));
        Assert.Equal([1, 2, 3], document.Models.Select(model => model.Round!.Value));
        Assert.All(document.Models, model => Assert.All(model.Counts, counts => Assert.Equal(["clean", "fgsm", "worst-case"], counts!.Attacks.Select(attack => attack.Attack))));
        Assert.All(document.Models[^1].Counts, counts => Assert.Equal(30, counts!.Images));
    }

    [Fact]
    public async Task Checkpoints_OfAFederation_AreKnownToTheCatalog()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 1);
        await CompleteAsync(cluster, "fed", Tiny with { Rounds = 1 });

        var listed = await cluster.Control.ListCheckpointsAsync("fed");

        Assert.Equal([1L, 0L], listed.Select(checkpoint => checkpoint.Step));
        Assert.True(listed[0].IsFinal);
        var taken = await Assert.ThrowsAsync<ArgumentException>(() => cluster.Control.StartTrainingAsync("fed", JsonSerializer.Serialize(Tiny.Training, AfaJson.Options)));
        Assert.Contains("federation 'fed'", taken.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Federation_PausedAndResumed_EndsWithTheSameWeights()
    {
        var (_, weights) = await Undisturbed.Value;
        await using var cluster = await TestCluster.StartAsync(silos: 1);
        await cluster.Control.StartFederationAsync("fed", Json(Tiny));
        await cluster.Control.PauseFederationAsync("fed");
        var paused = await WaitAsync(cluster, "fed", status => status.State != RunState.Running);

        await cluster.Control.ResumeFederationAsync("fed");
        var ended = await WaitAsync(cluster, "fed", status => status.State is not (RunState.Running or RunState.Paused));

        Assert.Equal((RunState.Paused, RunState.Completed), (paused.State, ended.State));
        Assert.InRange(paused.Round, 0, 2);
        Assert.Equal(weights, await cluster.FinalWeightsAsync("fed"));
    }

    [Fact]
    public async Task Silo_KilledInTheMiddle_TheFederationEndsWithTheSameWeights()
    {
        var (_, weights) = await Undisturbed.Value;
        await using var cluster = await TestCluster.StartAsync(silos: 3);
        await cluster.Control.StartFederationAsync("fed", Json(Tiny));
        await WaitAsync(cluster, "fed", status => status.Round >= 1);

        await cluster.Silos.KillSiloAsync(cluster.Silos.Silos[1]);
        var ended = await WaitAsync(cluster, "fed", status => status.State != RunState.Running);

        Assert.Equal((RunState.Completed, (string?)null), (ended.State, ended.State == RunState.Completed ? null : ended.Message));
        Assert.Equal(weights, await cluster.FinalWeightsAsync("fed"));
    }

    [Fact]
    public async Task Owner_WhoLeavesAndReturns_IsMissingMeanwhile()
    {
        string[] owners = ["a", "b", "c"];
        await using var cluster = await TestCluster.StartAsync(silos: 3, owner: place => new SiloOwner(owners[Math.Min(place, 2)]));
        var options = Tiny with { Owners = owners, Rounds = 10_000, LocalSteps = 1, Quorum = 0.6, Evaluation = Tiny.Evaluation with { EveryRounds = 0 } };
        await cluster.Control.StartFederationAsync("fed", Json(options));
        await WaitAsync(cluster, "fed", status => status.Round >= 2);
        var present = await DocumentAsync(cluster, "fed");

        var place = (await cluster.Control.ListSilosAsync()).Single(silo => silo.Owner == "c").Address;
        await cluster.Silos.KillSiloAsync(cluster.Silos.Silos.Single(silo => silo.SiloAddress.ToParsableString() == place));
        var absent = await WaitForRoundAsync(cluster, round => round.Missing.Any(missing => missing.Participant == 2 && missing.Reason.Contains("'c'", StringComparison.Ordinal)));
        await cluster.Silos.StartAdditionalSiloAsync();
        var returned = await WaitForRoundAsync(cluster, round => round.Round > absent.Round && round.Missing.Count == 0);
        await cluster.Control.CancelFederationAsync("fed");

        var document = await DocumentAsync(cluster, "fed");
        Assert.Equal([0, 1, 2], present.Rounds[0].Delivered);
        Assert.Equal([0, 1], absent.Delivered);
        Assert.Equal([0, 1, 2], returned.Delivered);
        Assert.Equal(["a", "b", "c"], document.Participants.Select(participant => participant.Name));
    }

    [Fact]
    public async Task SecureAggregation_GivesTheSameModelToItsRounding()
    {
        var (_, weights) = await Undisturbed.Value;

        var (document, secure) = await RunAsync(Tiny with { Privacy = new PrivacyOptions { SecureAggregation = true, SecureRange = 2 } }, silos: 1);

        Assert.All(document.Rounds, round => Assert.Equal([0, 1, 2, 3], round.Delivered));
        var (plain, masked) = (Floats(weights), Floats(secure));
        Assert.NotEqual(weights, secure);
        // A word has 32 bits for a sum of four values in [-2, 2]: each is rounded to about 1e-9, which three rounds of training enlarge.
        Assert.All(plain.Zip(masked), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
    }

    [Fact]
    public async Task Krum_AmongSignFlippers_ChoosesAnHonestOne()
    {
        var options = Tiny with
        {
            Participants = 5,
            Rounds = 2,
            Attackers = new AttackerOptions { Count = 1 },
            Aggregation = new AggregationOptions { Rule = AggregationRuleKind.Krum, Byzantine = 1 },
        };

        var (document, _) = await RunAsync(options, silos: 1);

        Assert.All(document.Rounds, round => Assert.InRange(Assert.Single(round.Chosen!), 0, 3));
        Assert.Equal([false, false, false, false, true], document.Participants.Select(participant => participant.IsAttacker));
    }

    [Fact]
    public async Task RobustRules_AmongSignFlippers_StayWhereThePlainMeanFalls() => await CompareRulesAsync(Tiny with
    {
        Training = Tiny.Training with { DataDirectory = TestData.Write(trainImages: 1500, testImages: 500) },
        Participants = 10,
        Partition = new PartitionOptions { Alpha = 0.5 },
        Rounds = 10,
        LocalEpochs = 3,
        Evaluation = Tiny.Evaluation with { EveryRounds = 0, Images = 100 },
    });

    /// <summary>The setting of docs/federated.md.</summary>
    [Fact]
    public async Task RobustRules_OnFashionMnist_StayWhereThePlainMeanFalls()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("AFA_LONG_TESTS") == "1", "AFA_LONG_TESTS is not 1.");
        try
        {
            _ = DatasetLoader.Open("fashion-mnist", DataSplit.Train, null);
        }
        catch (DatasetNotFoundException exception)
        {
            Assert.Skip(exception.Message);
        }

        await CompareRulesAsync(new FederationOptions
        {
            Training = new TrainingOptions { Method = TrainingMethod.Ce, TrainImages = 10_000, BatchSize = 64 },
            Rounds = 12,
            Evaluation = new FederatedEvaluationOptions { Attacks = ["fgsm"], EveryRounds = 0, Images = 200 },
        });
    }

    private static async Task CompareRulesAsync(FederationOptions honest)
    {
        var attacked = honest with { Attackers = new AttackerOptions { Count = 2 } };
        await using var cluster = await TestCluster.StartAsync(silos: 1);

        var undisturbed = await AccuracyAsync("honest", honest);
        var mean = await AccuracyAsync("mean", attacked);
        var multiKrum = await AccuracyAsync("multi-krum", attacked with { Aggregation = new AggregationOptions { Rule = AggregationRuleKind.MultiKrum, Byzantine = 2 } });
        var trimmed = await AccuracyAsync(
            "trimmed", attacked with { Aggregation = new AggregationOptions { Rule = AggregationRuleKind.TrimmedMean, Byzantine = 2, Before = PreAggregation.NearestNeighborMixing } });

        var all = $"without attackers {undisturbed:F3}, mean {mean:F3}, multi-Krum {multiKrum:F3}, trimmed mean of mixed neighbors {trimmed:F3}";
        TestContext.Current.TestOutputHelper?.WriteLine(all);
        Assert.True(undisturbed > 0.8 && mean < undisturbed - 0.3, all);
        Assert.True(multiKrum > undisturbed - 0.03 && trimmed > undisturbed - 0.03, all);

        async Task<double> AccuracyAsync(string federation, FederationOptions options)
        {
            await CompleteAsync(cluster, federation, options);
            return FederatedRobustness.Summarize((await DocumentAsync(cluster, federation)).Models[^1]).Clean!.Value;
        }
    }

    [Fact]
    public async Task NoisyFederation_ReportsWhatItCost()
    {
        var (document, _) = await RunAsync(Tiny with { Rounds = 2, Privacy = new PrivacyOptions { ClipNorm = 1, NoiseMultiplier = 2 } }, silos: 1);

        Assert.Equal((2.0, 2), (document.Privacy!.NoiseMultiplier, document.Privacy.Rounds));
        Assert.InRange(document.Privacy.Epsilon, 0.1, 20);
    }

    [Fact]
    public async Task Model_StoredBeforeTheStateKnewOfIt_IsTakenUp_SoThatNoNoisySumIsMadeTwice()
    {
        var store = TestCluster.NewStore();
        var isModelStored = false;
        var watched = new WatchedStore(store, name =>
        {
            isModelStored |= name.EndsWith("step-00000001/state.json", StringComparison.Ordinal);
            return isModelStored && name.StartsWith("state/federation/", StringComparison.Ordinal) ? throw new IOException("The store is away.") : Task.CompletedTask;
        });
        var options = Tiny with { Rounds = 2, Privacy = new PrivacyOptions { ClipNorm = 1, NoiseMultiplier = 2 } };
        await using (var dying = await TestCluster.StartAsync(silos: 1, watched, new RunRecoveryOptions { MaxFruitlessRecoveries = 1, FirstDelay = TimeSpan.FromMilliseconds(10) }))
        {
            await dying.Control.StartFederationAsync("fed", Json(options));
            await WaitAsync(dying, "fed", status => status is { State: RunState.Paused, Round: 0 });
        }

        var weights = TestCluster.Weights(await new CheckpointStore(store).LoadAsync("runs/fed/checkpoints/step-00000001"));
        await using var cluster = await TestCluster.StartAsync(silos: 1, store);
        await cluster.Control.ResumeFederationAsync("fed");
        var ended = await WaitAsync(cluster, "fed", status => status.State is not (RunState.Running or RunState.Paused));
        var document = await DocumentAsync(cluster, "fed");

        Assert.Equal((RunState.Completed, 2), (ended.State, document.Privacy!.Rounds));
        Assert.All(document.Rounds, round => Assert.Equal((1, 4), (round.Attempt, round.Delivered.Count)));
        Assert.Equal(weights, TestCluster.Weights(await cluster.Checkpoints.LoadAsync("runs/fed/checkpoints/step-00000001")));
    }

    [Fact]
    public async Task Shard_OfAParticipant_GivesItsImagesToNobody()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 2);
        var shard = cluster.Silos.Client.GetGrain<IDatasetShardGrain>("fed/0");
        var assignment = new ParticipantAssignment("fed", 0, Json(Tiny));

        Assert.Null(await shard.PreparePrivateAsync(assignment));

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => shard.GetBatchAsync(0, 0, 4));
        Assert.Contains("go into no message", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(() => shard.PrepareAsync(JsonSerializer.Serialize(Tiny.Training, AfaJson.Options)));
    }

    [Fact]
    public async Task Experiment_WhereEverySiloHasAnOwner_UsesNobodysImages()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 1, owner: _ => new SiloOwner("a", Data));
        await cluster.Control.StartFederationAsync("fed", Json(Tiny));

        var ended = await WaitAsync(cluster, "fed", status => status.State != RunState.Running);

        Assert.Equal(RunState.Failed, ended.State);
        Assert.Contains("without an owner", ended.Message, StringComparison.Ordinal);
        var direct = await cluster.Silos.Client.GetGrain<IParticipantGrain>("other/0").JoinAsync(new ParticipantAssignment("other", 0, Json(Tiny)));
        Assert.Contains("that of 'a'", direct.Problem, StringComparison.Ordinal);
        var training = await Assert.ThrowsAsync<ArgumentException>(() => cluster.TrainAsync("run", Tiny.Training with { Epochs = 1 }));
        Assert.Contains("belong to 'a'", training.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4, "Krum needs")]
    public async Task Start_WithARuleThatCannotWork_IsRefused(int participants, string expected)
    {
        await using var cluster = await TestCluster.StartAsync(silos: 1);
        var options = Tiny with { Participants = participants, Aggregation = new AggregationOptions { Rule = AggregationRuleKind.Krum, Byzantine = 1 } };

        var refused = await Assert.ThrowsAsync<ArgumentException>(() => cluster.Control.StartFederationAsync("fed", Json(options)));

        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        Assert.Null(await cluster.Control.GetFederationAsync("fed"));
    }

    [Fact]
    public async Task Start_AgainWithOtherOptions_IsRefused()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 1);
        await cluster.Control.StartFederationAsync("fed", Json(Tiny));

        await cluster.Control.StartFederationAsync("fed", Json(Tiny));
        await Assert.ThrowsAsync<InvalidOperationException>(() => cluster.Control.StartFederationAsync("fed", Json(Tiny with { Rounds = 7 })));

        await cluster.Control.CancelFederationAsync("fed");
        var ended = await WaitAsync(cluster, "fed", status => status.State != RunState.Running);
        Assert.Equal(RunState.Canceled, ended.State);
        await Assert.ThrowsAsync<InvalidOperationException>(() => cluster.Control.ResumeFederationAsync("fed"));
    }

    private static async Task<(FederationDocument Document, byte[] Weights)> RunAsync(FederationOptions options, int silos)
    {
        await using var cluster = await TestCluster.StartAsync(silos);
        await CompleteAsync(cluster, "fed", options);
        return (await DocumentAsync(cluster, "fed"), await cluster.FinalWeightsAsync("fed"));
    }

    private static async Task<RoundSummary> WaitForRoundAsync(TestCluster cluster, Func<RoundSummary, bool> isWanted)
    {
        RoundSummary? found = null;
        await WaitAsync(cluster, "fed", async _ => (found = (await DocumentAsync(cluster, "fed")).Rounds.FirstOrDefault(isWanted)) is not null);
        return found!;
    }

    private static float[] Floats(byte[] bytes) => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes).ToArray();
}
