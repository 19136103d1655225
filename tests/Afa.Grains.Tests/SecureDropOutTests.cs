using System.Runtime.InteropServices;
using Afa.Federation;
using Afa.Federation.Privacy;
using Afa.Grains;
using Afa.Training;
using Orleans.Runtime.Placement;

namespace Afa.Tests.Grains;

/// <summary>Owners whose silos die in the middle of a secure sum.</summary>
/// <remarks>
/// A participant that is gone before its masked words have come is not in the sum; one that dies after that is, as the others' shares take its self mask out
/// (Bonawitz et al. 2017, figure 4). Either must equal the plain mean of the same updates to what fixed point rounds off.
/// </remarks>
public sealed class SecureDropOutTests
{
    private const double SecureRange = 2;

    private static readonly string[] s_owners = ["a", "b", "c", "d"];

    /// <summary>They differ, so that updates and weights do.</summary>
    private static readonly int[] s_images = [32, 48, 64, 80];

    private static readonly string[] s_folders = [.. s_images.Select(images => TestData.Write(images, testImages: 20))];

    private static readonly FederationOptions s_plain = new()
    {
        Training = new TrainingOptions { Method = TrainingMethod.Ce, DataDirectory = "unused", TrainImages = 0, ModelWidth = 0.125, BatchSize = 16, Optimizer = new OptimizerOptions { LearningRate = 0.05 } },
        Owners = s_owners,
        Rounds = 1,
        Evaluation = new FederatedEvaluationOptions { Attacks = ["fgsm"], Images = 10, EveryRounds = 0 },
    };

    private static readonly FederationOptions s_secure = s_plain with { Privacy = new PrivacyOptions { SecureAggregation = true, SecureRange = SecureRange } };

    [Fact]
    public async Task Silo_DiesBeforeItsUpload_TheModelIsThePlainMeanOfTheOthers()
    {
        var gate = new CallGate(nameof(IParticipantGrain.GetMaskedSliceAsync), "secure/3");
        await using var cluster = await StartAsync(gate);
        await Federations.CompleteAsync(cluster, "all", s_plain);

        await StartSecureAsync(cluster);
        await KillSiloOfAsync(cluster, gate, "d");
        await Federations.CompleteAsync(cluster, "others", s_plain);
        var round = await EndedRoundAsync(cluster);

        Assert.Equal([0, 1, 2], round.Delivered);
        Assert.Contains("dropped out of the secure sum", Assert.Single(round.Missing, missing => missing.Participant == 3).Reason, StringComparison.Ordinal);
        Assert.Equal([0, 1, 2], (await Federations.DocumentAsync(cluster, "others")).Rounds[0].Delivered);
        await RequireEqualAsync(cluster, "others", summands: [0, 1, 2], unlike: "all");
    }

    [Fact]
    public async Task Silo_DiesBetweenItsUploadAndTheReveal_TheModelIsThePlainMeanOfAll()
    {
        var gate = new CallGate(nameof(IParticipantGrain.RevealAsync), "secure/3");
        await using var cluster = await StartAsync(gate);
        await Federations.CompleteAsync(cluster, "all", s_plain);

        await StartSecureAsync(cluster);
        await KillSiloOfAsync(cluster, gate, "d");
        var round = await EndedRoundAsync(cluster);

        Assert.Equal([0, 1, 2, 3], round.Delivered);
        Assert.Empty(round.Missing);   // Its update is in the model.
        await RequireEqualAsync(cluster, "all", summands: [0, 1, 2, 3], unlike: null);
    }

    [Fact]
    public async Task Silos_OfMoreThanAThirdDie_IsAnError_AndWhenTheyAreBackItGoesOn()
    {
        var gate = new CallGate(nameof(IParticipantGrain.GetMaskedSliceAsync), "secure/2", "secure/3");
        await using var cluster = await StartAsync(gate, new RunRecoveryOptions { FirstDelay = TimeSpan.FromMilliseconds(10), MaxFruitlessRecoveries = 0, ResumesOnActivation = true });
        await Federations.CompleteAsync(cluster, "all", s_plain);

        await StartSecureAsync(cluster);
        await KillSiloOfAsync(cluster, gate, "c", "d");
        var failed = await Federations.WaitAsync(cluster, "secure", status => status.State != RunState.Running);
        Assert.Equal((RunState.Failed, 0), (failed.State, failed.Round));
        Assert.Contains("Only 2 participants are left in the secure sum, and 3 are needed", failed.Message, StringComparison.Ordinal);

        await cluster.Silos.StartAdditionalSiloAsync();
        await cluster.Silos.StartAdditionalSiloAsync();
        await cluster.Silos.WaitForLivenessToStabilizeAsync();
        await cluster.Control.ResumeFederationAsync("secure");
        var round = await EndedRoundAsync(cluster);

        Assert.Equal([0, 1, 2, 3], round.Delivered);
        await RequireEqualAsync(cluster, "all", summands: [0, 1, 2, 3], unlike: null);
    }

    /// <summary>A silo that is nobody's, and then one of each owner; those that come later are those of c and d.</summary>
    private static Task<TestCluster> StartAsync(CallGate gate, RunRecoveryOptions? recovery = null) => TestCluster.StartAsync(
        silos: 1 + s_owners.Length, recovery: recovery, calls: gate,
        owner: place => place == 0 ? new SiloOwner() : OwnerOf(place <= s_owners.Length ? place - 1 : place - s_owners.Length + 1));

    private static SiloOwner OwnerOf(int number) => new(s_owners[number], s_folders[number]);

    /// <summary>Starts it with its grain on the silo that is nobody's, where its sums are too, so that what dies is participants only.</summary>
    private static async Task StartSecureAsync(TestCluster cluster)
    {
        var nobodys = (await cluster.Control.ListSilosAsync()).Single(silo => silo.Owner is null).Address;
        RequestContext.Set(IPlacementDirector.PlacementHintKey, cluster.Silos.Silos.Single(silo => silo.SiloAddress.ToParsableString() == nobodys).SiloAddress);
        try
        {
            await cluster.Control.StartFederationAsync("secure", Federations.Json(s_secure));
        }
        finally
        {
            RequestContext.Remove(IPlacementDirector.PlacementHintKey);
        }
    }

    private static async Task KillSiloOfAsync(TestCluster cluster, CallGate gate, params string[] owners)
    {
        var silos = (await cluster.Control.ListSilosAsync()).Where(silo => owners.Contains(silo.Owner)).Select(silo => silo.Address).ToList();
        await gate.Reached;
        foreach (var silo in cluster.Silos.Silos.Where(silo => silos.Contains(silo.SiloAddress.ToParsableString())).ToList())
        {
            await cluster.Silos.KillSiloAsync(silo);
        }

        gate.Open();
    }

    private static async Task<RoundSummary> EndedRoundAsync(TestCluster cluster)
    {
        var ended = await Federations.WaitAsync(cluster, "secure", status => status.State is not (RunState.Running or RunState.Paused));
        Assert.True(ended.State == RunState.Completed, ended.Message);
        return Assert.Single((await Federations.DocumentAsync(cluster, "secure")).Rounds);
    }

    /// <param name="summands">Participants whose updates are in the sum.</param>
    /// <param name="unlike">A federation whose model must differ by much more, so that the comparison can tell.</param>
    private static async Task RequireEqualAsync(TestCluster cluster, string plain, int[] summands, string? unlike)
    {
        var (secure, expected) = (await WeightsAsync("secure"), await WeightsAsync(plain));
        var weights = summands.Sum(participant => s_images[participant] / s_images.Average());
        var largest = MemoryMarshal.Cast<byte, float>(expected).ToArray().Max(Math.Abs);

        // Half a unit of fixed point for each summand, and a few roundings of float32 on either way.
        var tolerance = new FixedPointCode(SecureRange, s_owners.Length).LargestError(summands.Length, weights) / weights + 8 * Math.Pow(2, -24) * largest;
        var difference = WeightDifference.Largest(expected, secure);
        TestContext.Current.TestOutputHelper?.WriteLine($"Largest difference of a weight {difference:G3}; {tolerance:G3} is rounding.");
        Assert.InRange(difference, 0, tolerance);
        if (unlike is not null)
        {
            Assert.True(WeightDifference.Largest(await WeightsAsync(unlike), secure) > 100 * tolerance);
        }

        async Task<byte[]> WeightsAsync(string federation) => await Federations.WeightsAsync(cluster, await Federations.DocumentAsync(cluster, federation));
    }
}
