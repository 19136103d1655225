using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Afa.Grains;
using Afa.Training;

namespace Afa.Tests.Grains;

/// <summary>
/// Whatever dies at random moments, a run ends with the weights and the history of an undisturbed one: bit for bit, or to rounding if it is elastic.
/// AFA_TRIAL_SEED=N repeats the trial of a seed.
/// </summary>
public sealed class RecoveryTrialTests
{
    private static readonly TrainingOptions s_crossEntropy = new()
    {
        Method = TrainingMethod.Ce,
        DataDirectory = TestData.Write(trainImages: 160, testImages: 10),
        TrainImages = 0,
        ModelWidth = 0.125,
        Epochs = 5,
        BatchSize = 40,
    };

    /// <summary>With features that are exchanged, and a second phase.</summary>
    private static readonly TrainingOptions s_afa = s_crossEntropy with { Method = TrainingMethod.Afa, Epochs = 3, Head = new HeadOptions { Epochs = 2 }, Attack = new InnerAttackOptions { Steps = 1 } };

    /// <summary>With a trainer for each of the two slots of three silos; on two silos there are three, as four do not divide the shards. Longer than the others, so that silos come back before the end.</summary>
    private static readonly TrainingOptions s_elastic = s_crossEntropy with { Elastic = true, Shards = 6, Trainers = 6, BatchSize = 24, Epochs = 10 };

    private readonly Dictionary<FaultKind, int> _faults = [];
    private readonly SortedDictionary<int, int> _trialsByTrainers = [];
    private int _recoveries;
    private int _resumes;
    private double _largestDifference;

    [Fact]
    public Task Faults_AtRandomMoments_TheRunEndsWithTheSameWeights() => TryAllAsync(Trials.Seeds(quick: 10, full: 200), tolerance: 0, [s_crossEntropy, s_afa]);

    [Fact]
    public async Task Faults_AtRandomMoments_AnElasticRunEndsWithinTolerance()
    {
        // Of the seeds whose plans have a silo killed.
        await TryAllAsync(Trials.Seeds(quick: 2, full: 40).Select(seed => Trials.Only ?? seed * Fault.OfTraining.Count), WeightDifference.Tolerance, [s_elastic]);
        Assert.True(Trials.Only is not null || _trialsByTrainers.Keys.Order().SequenceEqual([3, 6]), "No run had fewer trainers for a while.");
    }

    /// <param name="options">Of the trials in turn, each of another method.</param>
    private async Task TryAllAsync(IEnumerable<int> seeds, double tolerance, TrainingOptions[] options)
    {
        var trials = 0;
        var started = Stopwatch.GetTimestamp();
        foreach (var some in seeds.Chunk(Trials.PerCluster))
        {
            var store = new SwitchedStore(TestCluster.NewStore());
            await using var cluster = await TestCluster.StartAsync(silos: 3, store);
            var undisturbed = new Dictionary<TrainingMethod, Outcome>();
            foreach (var each in options)
            {
                undisturbed[each.Method] = await OutcomeAsync(cluster, $"{each.Method}", await cluster.TrainAsync($"{each.Method}", each));
            }

            foreach (var trial in some)
            {
                trials++;
                await TryAsync(cluster, store, trial, options[trial % options.Length], undisturbed, tolerance);
            }
        }

        var summary = $"{trials} trials in {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s; faults: {string.Join(", ", _faults.OrderBy(entry => entry.Key).Select(entry => $"{entry.Key} {entry.Value}"))}; {_recoveries} recoveries, {_resumes} resumes by the user after the store was away"
            + (_trialsByTrainers.Count == 0 ? "" : string.Create(CultureInfo.InvariantCulture,
                $"; trials in which so many trainers were seen: {string.Join(", ", _trialsByTrainers.Select(entry => $"{entry.Key} in {entry.Value}"))}; largest difference of a weight {_largestDifference:G3}"));
        TestContext.Current.TestOutputHelper?.WriteLine(summary);
        Assert.True(Trials.Only is not null || _recoveries > 0, summary);   // Else nothing was tried.
    }

    /// <param name="tolerance">Of weights and of the epochs' losses; 0 for the same bits.</param>
    private async Task TryAsync(TestCluster cluster, SwitchedStore store, int seed, TrainingOptions options, Dictionary<TrainingMethod, Outcome> undisturbed, double tolerance)
    {
        var run = $"trial-{seed}";
        var expected = undisturbed[options.Method];
        var plan = Fault.Plan(seed, (int)expected.Steps, Fault.OfTraining);
        var trainers = new HashSet<int>();
        try
        {
            var storeReturns = new List<Task>();
            await cluster.Control.StartTrainingAsync(run, JsonSerializer.Serialize(options, AfaJson.Options));
            foreach (var fault in plan)
            {
                var reached = await WaitAsync(status => status.Step >= fault.Step || status.State != RunState.Running);
                if (reached.State != RunState.Running)
                {
                    break;   // It was quicker than its faults.
                }

                await Task.Delay(fault.Delay);
                await InflictAsync(fault, storeReturns);
                _faults[fault.Kind] = _faults.GetValueOrDefault(fault.Kind) + 1;
            }

            await Task.WhenAll(storeReturns);
            var ended = await WaitAsync(status => status.State != RunState.Running);
            if (ended.State == RunState.Failed && storeReturns.Count > 0 && ended.Message!.Contains(SwitchedStore.Message, StringComparison.Ordinal))
            {
                // It says that the store is to be mended, and a user does so.
                _resumes++;
                await cluster.Control.ResumeTrainingAsync(run);
                ended = await WaitAsync(status => status.State != RunState.Running);
            }

            Assert.True(ended.State == RunState.Completed, $"{ended.State}: {ended.Message}");
            _recoveries += ended.Recoveries;
            RequireSame(expected, await OutcomeAsync(cluster, run, ended), tolerance);
            foreach (var count in trainers)
            {
                _trialsByTrainers[count] = _trialsByTrainers.GetValueOrDefault(count) + 1;
            }

            await Trials.RequireFreeSlotsAsync(cluster);
        }
        catch (Exception exception)
        {
            throw Trials.Failed(seed, plan, exception);
        }

        Task<TrainingRunStatus> WaitAsync(Func<TrainingRunStatus, bool> isWanted) => cluster.WaitAsync(run, status =>
        {
            if (status.Trainers is { } count)
            {
                trainers.Add(count);
            }

            return isWanted(status);
        });

        async Task InflictAsync(Fault fault, List<Task> storeReturns)
        {
            switch (fault.Kind)
            {
                case FaultKind.SiloKilled:
                    await cluster.Silos.KillSiloAsync(cluster.Silos.Silos[fault.Victim % cluster.Silos.Silos.Count]);
                    if (options.Elastic)
                    {
                        await WaitAsync(status => status.Trainers < options.Trainers || status.State != RunState.Running);   // It goes on without, and then with the next.
                    }

                    await cluster.Silos.StartAdditionalSiloAsync();
                    break;
                case FaultKind.TrainerLost:
                    await cluster.Silos.DeactivateAsync(cluster.Silos.Client.GetGrain<ITrainerGrain>($"{run}/{fault.Victim % 2}"));
                    break;
                case FaultKind.RunGrainLost:
                    await cluster.Silos.DeactivateAsync(cluster.Silos.Client.GetGrain<ITrainingRunGrain>(run));
                    break;
                default:
                    await Task.WhenAll(storeReturns);   // One absence after the other.
                    storeReturns.Add(store.FailAsync(fault.Duration, alsoReads: fault.Kind == FaultKind.StoreAway));
                    break;
            }
        }
    }

    private void RequireSame(Outcome expected, Outcome outcome, double tolerance)
    {
        if (tolerance == 0)
        {
            Assert.True(expected.Weights.SequenceEqual(outcome.Weights), "The run ended with other weights.");
            Assert.Equal(expected.Losses, outcome.Losses);
            return;
        }

        var difference = WeightDifference.Largest(expected.Weights, outcome.Weights);
        _largestDifference = Math.Max(_largestDifference, difference);
        Assert.True(difference <= tolerance, string.Create(CultureInfo.InvariantCulture, $"The run ended with weights that differ by {difference:G3}."));
        Assert.Equal(expected.Losses.Count, outcome.Losses.Count);
        Assert.All(expected.Losses.Zip(outcome.Losses), loss => Assert.Equal(loss.First, loss.Second, tolerance));
    }

    private static async Task<Outcome> OutcomeAsync(TestCluster cluster, string run, TrainingRunStatus ended) =>
        new(ended.Step, await cluster.FinalWeightsAsync(run), [.. ended.History.Select(row => row.Loss)]);

    private sealed record Outcome(long Steps, byte[] Weights, IReadOnlyList<double> Losses);
}
