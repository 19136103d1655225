using System.Diagnostics;
using System.Text.Json;
using Afa.Federation;
using Afa.Federation.Aggregation;
using Afa.Federation.Attackers;
using Afa.Federation.Privacy;

namespace Afa.Tests.Grains;

/// <summary>
/// Whatever dies at random moments, a federation ends; one that waits for all of its participants ends with the model and the judgments of an undisturbed one, bit for bit, unless noise is added.
/// AFA_TRIAL_SEED=N repeats the trial of a seed.
/// </summary>
public sealed class FederationTrialTests
{
    /// <summary>A round needs all its participants, so that nobody is left out because of a fault.</summary>
    private static readonly FederationOptions s_mean = Federations.Small(TestData.Write(trainImages: 160, testImages: 80), width: 0.125) with { Quorum = 1 };

    private static readonly (string Name, FederationOptions Options)[] s_federations =
    [
        ("mean", s_mean),
        ("scaffold", s_mean with { Strategy = new StrategyOptions { Kind = StrategyKind.Scaffold } }),
        ("secure", s_mean with { Privacy = new PrivacyOptions { SecureAggregation = true } }),
        ("fedbn", s_mean with
        {
            Strategy = new StrategyOptions { Kind = StrategyKind.FedBn },
            Training = s_mean.Training with { Model = "resnet-18", ModelWidth = 0.0625 },
            LocalSteps = 1,
        }),
        ("multi-krum", s_mean with
        {
            Participants = 5,
            Attackers = new AttackerOptions { Count = 1 },
            Aggregation = new AggregationOptions { Rule = AggregationRuleKind.MultiKrum, Byzantine = 1 },
        }),
        ("noise", s_mean with { Privacy = new PrivacyOptions { ClipNorm = 1, NoiseMultiplier = 0.5 } }),
    ];

    private readonly Dictionary<string, FederationTrial.Ended> _undisturbed = [];
    private readonly Dictionary<FaultKind, int> _faults = [];
    private int _repeatedSums;
    private int _resumes;

    [Fact]
    public async Task Faults_AtRandomMoments_TheFederationEndsWithTheSameWeights()
    {
        var trials = 0;
        var started = Stopwatch.GetTimestamp();
        foreach (var seeds in Trials.Seeds(quick: 4, full: 40).Chunk(Trials.PerCluster))
        {
            await using var trial = await FederationTrial.StartAsync();
            foreach (var seed in seeds)
            {
                trials++;
                await TryAsync(trial, seed);
            }

            foreach (var (kind, count) in trial.Faults)
            {
                _faults[kind] = _faults.GetValueOrDefault(kind) + count;
            }
        }

        var summary = $"{trials} trials in {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s; faults: {string.Join(", ", _faults.OrderBy(entry => entry.Key).Select(entry => $"{entry.Key} {entry.Value}"))}; {_repeatedSums} sums done again, {_resumes} resumes by the user after the store was away";
        TestContext.Current.TestOutputHelper?.WriteLine(summary);
        Assert.True(Trials.Only is not null || _faults.Values.Sum() >= trials / 2, summary);   // Else next to nothing was tried.
    }

    private async Task TryAsync(FederationTrial trial, int seed)
    {
        // Each kind of federation meets each kind of fault first.
        var (name, options) = s_federations[(seed + seed / Fault.OfFederations.Count) % s_federations.Length];
        IReadOnlyList<Fault> plan = [];
        try
        {
            if (!_undisturbed.TryGetValue(name, out var expected))
            {
                _undisturbed[name] = expected = await trial.RunAsync($"undisturbed-{name}", options, []);
            }

            plan = Fault.Plan(seed, expected.Writes, Fault.OfFederations);
            var ended = await trial.RunAsync($"trial-{seed:D4}-{name}", options, plan);
            RequireSame(options, expected, ended);
            _repeatedSums += ended.Document.Rounds.Sum(round => round.Attempt - 1);
            _resumes += ended.IsResumed ? 1 : 0;
        }
        catch (Exception exception)
        {
            throw Trials.Failed(seed, plan, exception);
        }
    }

    private static void RequireSame(FederationOptions options, FederationTrial.Ended expected, FederationTrial.Ended ended)
    {
        Assert.All(ended.Document.Rounds, round => Assert.Equal(Enumerable.Range(0, options.Count), round.Delivered));
        Assert.All(ended.Document.Rounds, round => Assert.Empty(round.Missing));
        Assert.Equal(expected.Document.Rounds.Select(round => (round.Round, round.Phase)), ended.Document.Rounds.Select(round => (round.Round, round.Phase)));
        Assert.Equal(options.Rounds, ended.Document.Models.Count);
        if (options.Privacy.NoiseMultiplier > 0)
        {
            // No noisy model was made that is not accounted for.
            Assert.True(ended.Document.Privacy!.Rounds >= Math.Max(ended.Models, options.Rounds), $"{ended.Models} models of noisy sums, but {ended.Document.Privacy.Rounds} are accounted for.");
            Assert.Equal(options.Rounds, expected.Document.Privacy!.Rounds);
            return;
        }

        Assert.True(expected.Weights.SequenceEqual(ended.Weights), "The federation ended with other weights.");
        Assert.Equal(expected.Document.Rounds.Select(Made), ended.Document.Rounds.Select(Made));
        foreach (var (model, other) in expected.Document.Models.Zip(ended.Document.Models))
        {
            // Who died while it judged is missing with the reason; what the others say also depends on what each keeps to itself.
            var judged = other.Counts.Zip(model.Counts).Where(pair => pair.First is not null).ToList();
            Assert.Equal(options.Count - judged.Count, other.Missing.Count);
            Assert.All(judged, pair => Assert.Equal(JsonSerializer.Serialize(pair.Second), JsonSerializer.Serialize(pair.First)));
        }
    }

    private static (string? Chosen, double Loss, double UpdateNorm) Made(RoundSummary round) => (round.Chosen is null ? null : string.Join(' ', round.Chosen), round.Loss, round.UpdateNorm);
}
