using System.Runtime.InteropServices;
using Afa.Federation;
using Afa.Federation.Privacy;
using Afa.Grains;

namespace Afa.Tests.Grains;

/// <summary>Calls to participants and aggregators as they come from a federation whose process died in between, or twice.</summary>
public sealed class RepeatedRoundTests
{
    private const string Federation = "fed";
    private const string First = $"runs/{Federation}/checkpoints/step-00000000";
    private const string Second = $"runs/{Federation}/checkpoints/step-00000001";

    private static readonly FederationOptions Tiny = Federations.Small(TestData.Write(trainImages: 128, testImages: 32), width: 0.25) with { LocalSteps = 2 };

    /// <summary>Otherwise the control that the server keeps would no longer be the mean of the participants'.</summary>
    [Theory]
    [InlineData(StrategyKind.Scaffold, "small-cnn", 0.25)]
    [InlineData(StrategyKind.FedBn, "resnet-18", 0.0625)]
    public async Task Round_ThatLeftAParticipantOut_LeavesNoTrace(StrategyKind kind, string model, double width)
    {
        await using var followers = await Followers.JoinAsync(Tiny with { Strategy = new StrategyOptions { Kind = kind }, Training = Tiny.Training with { Model = model, ModelWidth = width } });
        await followers.TrainAsync(participant: 1, round: 0, First, counted: 0);
        await followers.AggregateAsync(Second, [1]);
        await followers.TrainAsync(participant: 0, round: 1, Second, counted: 0);
        var never = await followers.UpdateAsync(participant: 0, round: 1);

        await followers.TrainAsync(participant: 0, round: 0, First, counted: 0);
        await followers.TrainAsync(participant: 0, round: 1, Second, counted: 0);
        var leftOut = await followers.UpdateAsync(participant: 0, round: 1);
        await followers.TrainAsync(participant: 0, round: 0, First, counted: 0);
        await followers.TrainAsync(participant: 0, round: 1, Second, counted: 1);
        var counted = await followers.UpdateAsync(participant: 0, round: 1);

        Assert.Equal(never, leftOut);
        Assert.NotEqual(never, counted);
    }

    [Fact]
    public async Task Aggregation_AskedForTwice_IsAnsweredFromWhatWasStored()
    {
        await using var followers = await Followers.JoinAsync(Tiny);
        await followers.TrainAllAsync();
        var once = await followers.AggregateAsync(Second, [0, 1, 2, 3]);
        var weights = await followers.WeightsAsync(Second);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(participant => followers.Participant(participant).LeaveAsync()));

        var twice = await followers.AggregateAsync(Second, [0, 1, 2, 3]);
        var later = await followers.AggregateAsync($"{Second}-attempt-2", [0, 1, 2, 3], Second);
        var other = await followers.AggregateAsync($"{Second}-attempt-3", [0, 1, 2, 3]);

        Assert.Equal((Second, once.UpdateNorm), (later.Checkpoint, later.UpdateNorm));
        Assert.Equal((once.UpdateNorm, null), (twice.UpdateNorm, twice.Problem));
        Assert.Equal([0, 1, 2, 3], twice.Delivered);
        Assert.Equal(weights, await followers.WeightsAsync(Second));
        Assert.Equal((4, true), (other.Lost.Count, other.Problem is not null));   // There is nobody left to ask: the answers before came from the store.
    }

    [Fact]
    public async Task Aggregation_ThatIsNoted_IsNotDoneAgainByACallThatComesLate()
    {
        await using var followers = await Followers.JoinAsync(Tiny with { Privacy = new PrivacyOptions { ClipNorm = 1, NoiseMultiplier = 1 } });
        await followers.TrainAllAsync();
        await followers.AggregateAsync(Second, [0, 1, 2, 3]);
        var weights = await followers.WeightsAsync(Second);
        await new AggregationReports(followers.Cluster.Store, followers.Cluster.Checkpoints).DeleteAsync(Second);

        var late = await followers.AggregateAsync(Second, [0, 1, 2, 3]);

        Assert.Contains("too late", late.Problem, StringComparison.Ordinal);
        Assert.Equal(weights, await followers.WeightsAsync(Second));
    }

    [Fact]
    public async Task Aggregation_WhoseModelIsDamaged_IsDoneAgain()
    {
        await using var followers = await Followers.JoinAsync(Tiny);
        await followers.TrainAllAsync();
        await followers.AggregateAsync(Second, [0, 1, 2, 3]);
        var weights = await followers.WeightsAsync(Second);
        var file = (await followers.Cluster.Checkpoints.LoadStateAsync(Second)).Files[0].Name;
        await followers.Cluster.Store.WriteAsync($"{Second}/{file}", new byte[100]);

        var again = await followers.AggregateAsync(Second, [0, 1, 2, 3]);

        Assert.Null(again.Problem);
        Assert.Equal(weights, await followers.WeightsAsync(Second));
    }

    [Fact]
    public async Task SecureSum_ThatWasOpened_OpensAgainForTheSameParticipantsOnly()
    {
        await using var followers = await Followers.JoinAsync(Tiny with { Privacy = new PrivacyOptions { SecureAggregation = true } });
        await followers.TrainAllAsync();
        await followers.AggregateAsync(Second, [0, 1, 2]);

        var withAnother = await followers.AggregateAsync($"{Second}-attempt-2", [0, 1, 2, 3]);
        var fewer = await Assert.ThrowsAsync<InvalidOperationException>(() => followers.AggregateAsync($"{Second}-attempt-3", [0, 1, 3]));

        Assert.Equal([0, 1, 2], withAnother.Delivered);
        Assert.Equal([3], withAnother.Lost.Keys);
        Assert.All(
            Floats(await followers.WeightsAsync(Second)).Zip(Floats(await followers.WeightsAsync($"{Second}-attempt-2"))),
            pair => Assert.Equal(pair.First, pair.Second, 1e-6f));   // The fixed point of four is coarser than that of three.
        Assert.Contains("opened before", fewer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SecureSum_ThatWasNearlyOpened_AsksNobodyToRevealForFewer()
    {
        await using var followers = await Followers.JoinAsync(Tiny with { Privacy = new PrivacyOptions { SecureAggregation = true } });
        await followers.TrainAllAsync();
        await followers.Opened(0).NoteAsync(0, First, [0, 1, 2, 3]);   // Its process has ended before the others were asked.

        var fewer = await Assert.ThrowsAsync<InvalidOperationException>(() => followers.AggregateAsync(Second, [0, 1, 2]));
        var noted = await Task.WhenAll(Enumerable.Range(1, 2).Select(number => followers.Opened(number).FindAsync(0, First)));
        var all = await followers.AggregateAsync(Second, [0, 1, 2, 3]);

        Assert.Contains("Resume when all of them are back", fewer.Message, StringComparison.Ordinal);
        Assert.All(noted, Assert.Null);
        Assert.Equal([0, 1, 2, 3], all.Delivered);
    }

    private static float[] Floats(byte[] bytes) => MemoryMarshal.Cast<byte, float>(bytes).ToArray();

    /// <summary>A federation's participants without the grain that leads them: what that would ask, the tests ask.</summary>
    private sealed class Followers(TestCluster cluster, FederationOptions options) : IAsyncDisposable
    {
        private readonly string _options = Federations.Json(options);

        public TestCluster Cluster => cluster;

        public static async Task<Followers> JoinAsync(FederationOptions options)
        {
            var followers = new Followers(await TestCluster.StartAsync(silos: 1), options);
            await followers.Cluster.Checkpoints.SaveAsync(First, ServerModel.Start(options, Federation, DateTimeOffset.UnixEpoch));
            for (var number = 0; number < options.Count; number++)
            {
                Assert.Null((await followers.Participant(number).JoinAsync(new ParticipantAssignment(Federation, number, followers._options))).Problem);
            }

            return followers;
        }

        public IParticipantGrain Participant(int number) => cluster.Silos.Client.GetGrain<IParticipantGrain>($"{Federation}/{number}");

        public async Task TrainAsync(int participant, int round, string checkpoint, int counted)
        {
            await Participant(participant).BeginRoundAsync(round, checkpoint, counted);
            ParticipantProgress progress;
            do
            {
                progress = (await Participant(participant).PollRoundAsync(round, checkpoint))!;
                Assert.Null(progress.Failure);
            }
            while (!progress.IsDone);
        }

        public Task TrainAllAsync() => Task.WhenAll(Enumerable.Range(0, options.Count).Select(number => TrainAsync(number, round: 0, First, counted: 0)));

        public async Task<byte[]> UpdateAsync(int participant, int round) => (await Participant(participant).GetSliceAsync(round, 0, 1000)).Bytes.ToArray();

        public OpenedSums Opened(int number) => new(cluster.Store, $"federations/{Federation}/participants/{number}/");

        public Task<AggregationReport> AggregateAsync(string newCheckpoint, int[] participants, params string[] earlier) =>
            cluster.Silos.Client.GetGrain<IAggregatorGrain>($"{Federation}/0").AggregateAsync(new AggregationRequest(
                Federation, 0, _options, First, [.. earlier, newCheckpoint], participants, [.. participants.Select(_ => 32)], 1, new Dictionary<string, double>()));

        public async Task<byte[]> WeightsAsync(string checkpoint) => TestCluster.Weights(await cluster.Checkpoints.LoadAsync(checkpoint));

        public ValueTask DisposeAsync() => cluster.DisposeAsync();
    }
}
