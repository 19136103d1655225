using Afa.Federation;
using Afa.Federation.Privacy;
using Afa.Grains;

namespace Afa.Tests.Grains;

/// <summary>A message that comes twice does what one does.</summary>
public sealed class TwiceDeliveredTests
{
    private static readonly FederationOptions s_mean = Federations.Small(TestData.Write(trainImages: 96, testImages: 40), width: 0.125) with { Participants = 3, Rounds = 2, LocalSteps = 1 };

    private static readonly FederationOptions s_scaffold = s_mean with { Strategy = new StrategyOptions { Kind = StrategyKind.Scaffold } };
    private static readonly FederationOptions s_secure = s_mean with { Privacy = new PrivacyOptions { SecureAggregation = true } };
    private static readonly FederationOptions s_noise = s_mean with { Privacy = new PrivacyOptions { ClipNorm = 1, NoiseMultiplier = 0.5 } };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task EveryMessage_DeliveredTwice_TheFederationIsAsOtherwise(bool isFirstAnswered)
    {
        var twice = new TwiceDelivered(isFirstAnswered);
        await using var cluster = await TestCluster.StartAsync(silos: 1);
        await using var repeating = await TestCluster.StartAsync(silos: 1, calls: twice);

        foreach (var (name, options) in new[] { ("scaffold", s_scaffold), ("secure", s_secure) })
        {
            var expected = await RunAsync(cluster, name, options);
            var ended = await RunAsync(repeating, name, options);

            Assert.Equal(await Federations.WeightsAsync(cluster, expected), await Federations.WeightsAsync(repeating, ended));
            Assert.Equal(expected.Rounds.Select(Summary), ended.Rounds.Select(Summary));
            Assert.Equal(expected.Models.Count, ended.Models.Count);
            Assert.All(ended.Models, model => Assert.Empty(model.Missing));
        }

        Assert.Equal(2, (await RunAsync(repeating, "noise", s_noise)).Privacy!.Rounds);
        Assert.Superset(
            new HashSet<string>
            {
                nameof(IFederationGrain.StartAsync), nameof(IAggregatorGrain.AggregateAsync), nameof(IParticipantGrain.JoinAsync), nameof(IParticipantGrain.BeginRoundAsync),
                nameof(IParticipantGrain.GetSliceAsync), nameof(IParticipantGrain.AdvertiseKeysAsync), nameof(IParticipantGrain.ShareKeysAsync), nameof(IParticipantGrain.ReceiveSharesAsync),
                nameof(IParticipantGrain.GetMaskedSliceAsync), nameof(IParticipantGrain.RevealAsync), nameof(IParticipantGrain.BeginJudgeAsync), nameof(IParticipantGrain.LeaveAsync),
            },
            twice.Counts.Keys.ToHashSet());
    }

    private static async Task<FederationDocument> RunAsync(TestCluster cluster, string federation, FederationOptions options)
    {
        await Federations.CompleteAsync(cluster, federation, options);
        return await Federations.DocumentAsync(cluster, federation);
    }

    private static (string Delivered, int Missing, int Attempt, double Loss) Summary(RoundSummary round) => (string.Join(' ', round.Delivered), round.Missing.Count, round.Attempt, round.Loss);
}
