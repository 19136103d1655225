using System.Diagnostics.Metrics;
using System.Text;
using System.Text.Json;
using Afa.Federation;
using Afa.Federation.Privacy;
using Afa.Grains;
using Afa.Storage;
using Afa.Training;
using Microsoft.Extensions.DependencyInjection;

namespace Afa.Tests.Grains;

/// <summary>What a participant gives and tells, and what it refuses.</summary>
public sealed class ParticipantTests
{
    private const string Telling = "ward-7-of-dr-jones";

    private static readonly string Data = TestData.Write(trainImages: 80, testImages: 40);

    private static readonly FederationOptions Small = new()
    {
        Training = new TrainingOptions { Method = TrainingMethod.Ce, DataDirectory = Data, TrainImages = 0, ModelWidth = 0.125, BatchSize = 8, Optimizer = new OptimizerOptions { LearningRate = 0.05 } },
        Participants = 4,
        Partition = new PartitionOptions { Kind = PartitionKind.Iid },
        Rounds = 1,
        LocalSteps = 1,
        Evaluation = new FederatedEvaluationOptions { Attacks = ["fgsm"], EveryRounds = 0 },
    };

    private static readonly FederationOptions Owned = Small with { Owners = ["a"] };

    private static RunRecoveryOptions GivesUp => new() { FirstDelay = TimeSpan.FromMilliseconds(1), MaxFruitlessRecoveries = 0 };

    [Theory]
    [InlineData("missing", "no such data set")]
    [InlineData("damaged", "cannot be read or written")]
    [InlineData("few", "fewer than 10 training images")]
    [InlineData("store", "cannot be read or written")]
    public async Task Failure_OfAnOwner_IsToldByItsKind_AndItsPathsStayInItsLog(string kind, string expected)
    {
        var (owner, options) = OwnerWho(kind);
        var log = new MemoryLog();
        await using var cluster = await TestCluster.StartAsync(silos: 1, recovery: GivesUp, owner: _ => owner, log: log);
        await cluster.Control.StartFederationAsync("fed", Federations.Json(options));

        var ended = await EndAsync(cluster);

        Assert.Equal(RunState.Failed, ended.State);
        Assert.Contains(expected, ended.Message, StringComparison.Ordinal);
        var told = $"{JsonSerializer.Serialize(ended)} {await cluster.Control.GetFederationResultAsync("fed")} {await StoredAsync(cluster)}";
        Assert.Contains(expected, told, StringComparison.Ordinal);
        Assert.DoesNotContain(Telling, told, StringComparison.Ordinal);
        Assert.True(kind == "few" || log.Text.Contains(Telling, StringComparison.Ordinal), log.Text);   // Else nothing was kept back.
    }

    [Fact]
    public async Task Failure_OfAnExperiment_IsToldWhole()
    {
        var folder = FolderOf("damaged");
        await using var cluster = await TestCluster.StartAsync(silos: 1, recovery: GivesUp);
        await cluster.Control.StartFederationAsync("fed", Federations.Json(Small with { Training = Small.Training with { DataDirectory = folder } }));

        Assert.Contains(Telling, (await EndAsync(cluster)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_ThatFailsAtAnOwner_ThrowsWhatIsToldOfIt()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 1, owner: _ => new SiloOwner("a", Data));
        var participant = cluster.Silos.Client.GetGrain<IParticipantGrain>("fed/0");

        var unexpected = await Assert.ThrowsAsync<InvalidOperationException>(() => participant.JoinAsync(new ParticipantAssignment("fed", 0, "{ no JSON")));
        var expected = await Assert.ThrowsAsync<InvalidOperationException>(() => participant.BeginRoundAsync(0, "any", 0));

        Assert.StartsWith("Something failed on its silo.", unexpected.Message, StringComparison.Ordinal);
        Assert.Equal("Participant 'fed/0' has not joined on this silo; it must join anew.", expected.Message);
    }

    [Fact]
    public async Task FewTestImages_AreToldAsFewerThanTheMinimum()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 1, owner: _ => new SiloOwner("a", TestData.Write(trainImages: 40, testImages: 7)));
        var participant = cluster.Silos.Client.GetGrain<IParticipantGrain>("fed/0");
        var report = await participant.JoinAsync(new ParticipantAssignment("fed", 0, Federations.Json(Owned)));
        var judgment = await JudgeAsync(cluster, participant);

        var summary = JsonSerializer.Deserialize<ParticipantSummary>(report.SummaryJson, AfaJson.Options)!;
        Assert.Equal((null, 40, (int?)null), (report.Problem, summary.Images, summary.TestImages));
        Assert.Contains("fewer than 10 test images", judgment.Failure, StringComparison.Ordinal);
        Assert.DoesNotContain("7", judgment.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Slice_ThatIsNone_IsRefusedBeforeMemoryIsTaken()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 1);
        var participant = cluster.Silos.Client.GetGrain<IParticipantGrain>("fed/0");
        Assert.True((await TrainAsync(cluster, participant, Small)).IsDone);
        var length = (int)Start(Small).Layout.Length;

        Assert.Equal(5, (await participant.GetSliceAsync(0, length - 5, 5)).Count);
        await AssertSlicesRefusedAsync((offset, count) => participant.GetSliceAsync(0, offset, count), length);
    }

    [Fact]
    public async Task MaskedSlice_ThatIsNone_IsRefusedBeforeMemoryIsTaken()
    {
        var options = Small with { Privacy = new PrivacyOptions { SecureAggregation = true } };
        await using var cluster = await TestCluster.StartAsync(silos: 1);
        var participant = cluster.Silos.Client.GetGrain<IParticipantGrain>("fed/0");
        Assert.True((await TrainAsync(cluster, participant, options)).IsDone);
        await participant.AdvertiseKeysAsync(new SecureSum("attempt", 0, [0, 1, 2, 3], 0, 3, 1));

        await AssertSlicesRefusedAsync((offset, count) => participant.GetMaskedSliceAsync("attempt", offset, count), (int)Start(options).Layout.Length);
    }

    [Fact]
    public async Task Update_ThatIsNotFinite_IsNone()
    {
        await using var cluster = await TestCluster.StartAsync(silos: 1);
        var participant = cluster.Silos.Client.GetGrain<IParticipantGrain>("fed/0");
        var options = Small with { Training = Small.Training with { Optimizer = new OptimizerOptions { LearningRate = 1e38, WeightDecay = 1e6, GradientClip = 0, Schedule = LearningRateScheduleKind.Constant } } };

        var progress = await TrainAsync(cluster, participant, options);

        Assert.False(progress.IsDone);
        Assert.Contains("values that are not finite", progress.Failure, StringComparison.Ordinal);
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => participant.GetSliceAsync(0, 0, 1));
        Assert.Contains("has no update of round 1", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Every value of an update of an SGD step lies outside a range of 10⁻¹², but those that are 0.</summary>
    [Fact]
    public async Task ValuesThatAreClamped_AreCountedOnTheirSilo()
    {
        var log = new MemoryLog();
        await using var cluster = await TestCluster.StartAsync(silos: 1, log: log);
        using var clamped = new ClampedCounter(cluster.Silos.Silos[0].ServiceProvider.GetRequiredService<IMeterFactory>());
        await cluster.Control.StartFederationAsync("fed", Federations.Json(Small with { Privacy = new PrivacyOptions { SecureAggregation = true, SecureRange = 1e-12 } }));

        var ended = await EndAsync(cluster);

        Assert.True(ended.State == RunState.Completed, ended.Message);
        Assert.InRange(clamped.Read(), 1, 4 * Start(Small).Layout.Length);
        Assert.Contains("Secure aggregation clamps", log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("clamp", $"{JsonSerializer.Serialize(ended)} {await cluster.Control.GetFederationResultAsync("fed")}", StringComparison.OrdinalIgnoreCase);
    }

    private static async Task AssertSlicesRefusedAsync(Func<long, int, Task<GradientSlice>> askAsync, int length)
    {
        foreach (var (offset, count, value) in new (long, int, string)[]
        {
            (0, int.MaxValue, $"{int.MaxValue}"), (0, (1 << 20) + 1, $"{(1 << 20) + 1}"), (0, 0, "not 0"), (0, -1, "not -1"),
            (-1, 1, "from -1 on"), (length, 1, $"from {length} on"), (length - 4, 5, $"{length} values"), (1L << 32, 1, $"from {1L << 32} on"), (long.MaxValue, 1, $"from {long.MaxValue} on"),
        })
        {
            var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => askAsync(offset, count));
            Assert.Contains(value, refused.Message, StringComparison.Ordinal);
            Assert.Contains(count is < 1 or > 1 << 20 ? $"1 to {1 << 20} values" : $"{length} values of an update", refused.Message, StringComparison.Ordinal);
        }
    }

    private static async Task<ParticipantProgress> TrainAsync(TestCluster cluster, IParticipantGrain participant, FederationOptions options)
    {
        Assert.Null((await participant.JoinAsync(new ParticipantAssignment("fed", 0, Federations.Json(options)))).Problem);
        var checkpoint = await StoreStartAsync(cluster);
        await participant.BeginRoundAsync(0, checkpoint, 0);
        while (true)
        {
            if (await participant.PollRoundAsync(0, checkpoint) is { } progress && (progress.IsDone || progress.Failure is not null))
            {
                return progress;
            }
        }
    }

    private static async Task<JudgeProgress> JudgeAsync(TestCluster cluster, IParticipantGrain participant)
    {
        var checkpoint = await StoreStartAsync(cluster);
        await participant.BeginJudgeAsync(checkpoint, 0, 0);
        while (true)
        {
            if (await participant.PollJudgeAsync(checkpoint) is { } progress && (progress.CountsJson ?? progress.Failure) is not null)
            {
                return progress;
            }
        }
    }

    private static async Task<string> StoreStartAsync(TestCluster cluster)
    {
        const string checkpoint = "runs/fed/checkpoints/step-00000000";
        await cluster.Checkpoints.SaveAsync(checkpoint, ServerModel.Start(Small, "fed", DateTimeOffset.UnixEpoch));
        return checkpoint;
    }

    private static ServerModel Start(FederationOptions options) => new(ServerModel.Start(options, "fed", DateTimeOffset.UnixEpoch), options);

    private static (SiloOwner Owner, FederationOptions Options) OwnerWho(string kind) => kind == "store"
        ? (new SiloOwner("a", Data, new DirectoryBlobStore(FolderOf(kind))), Owned with { Strategy = new StrategyOptions { Kind = StrategyKind.Scaffold } })
        : (new SiloOwner("a", FolderOf(kind)), Owned);

    /// <summary>A folder of a telling name.</summary>
    private static string FolderOf(string kind)
    {
        var folder = Path.Combine(Directory.CreateTempSubdirectory("afa-owner-").FullName, Telling);
        switch (kind)
        {
            case "damaged":
                Directory.Move(TestData.Write(trainImages: 40, testImages: 20), folder);
                File.WriteAllBytes(Path.Combine(folder, "train-images-idx3-ubyte"), [1, 2, 3]);
                break;
            case "few":
                Directory.Move(TestData.Write(trainImages: 9, testImages: 20), folder);
                break;
            case "store":
                Directory.CreateDirectory(folder);
                File.WriteAllText(Path.Combine(folder, "federations"), "No folder can have the name of this file.");
                break;
            default:
                Directory.CreateDirectory(folder);
                break;
        }

        return folder;
    }

    /// <summary>All that the cluster's store holds of it.</summary>
    private static async Task<string> StoredAsync(TestCluster cluster)
    {
        var all = new StringBuilder();
        await foreach (var blob in cluster.Store.ListAsync(""))
        {
            all.Append(Encoding.Latin1.GetString((await cluster.Store.ReadAsync(blob.Name, 64 << 20))!));
        }

        return all.ToString();
    }

    private static Task<FederationStatus> EndAsync(TestCluster cluster) => Federations.WaitAsync(cluster, "fed", status => status.State != RunState.Running);

    /// <summary>Reads the counter of one silo.</summary>
    private sealed class ClampedCounter : IDisposable
    {
        private readonly MeterListener _listener = new();
        private long _count;

        public ClampedCounter(IMeterFactory silo)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "afa.federation.values.clamped" && instrument.Meter.Scope == silo)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((_, value, _, _) => _count = value);
            _listener.Start();
        }

        public long Read()
        {
            _listener.RecordObservableInstruments();
            return _count;
        }

        public void Dispose() => _listener.Dispose();
    }
}
