using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Afa.Compute;
using Afa.Grains;
using Afa.Training;
using Microsoft.Extensions.DependencyInjection;

namespace Afa.Tests.Grains;

/// <summary>
/// Whatever dies at random moments, a run ends with the weights and the history of an undisturbed one. AFA_TRIAL_SEED=N repeats the trial of a seed.
/// </summary>
public sealed class RecoveryTrialTests
{
    private const int TrialsPerCluster = 10;

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

    private readonly Dictionary<FaultKind, int> _faults = [];
    private int _recoveries;
    private int _resumes;

    [Fact]
    public async Task Faults_AtRandomMoments_TheRunEndsWithTheSameWeights()
    {
        var only = Environment.GetEnvironmentVariable("AFA_TRIAL_SEED") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : (int?)null;
        int[] seeds = only is { } seed ? [seed] : [.. Enumerable.Range(0, Environment.GetEnvironmentVariable("AFA_LONG_TESTS") == "1" ? 200 : 10)];
        var started = Stopwatch.GetTimestamp();
        foreach (var some in seeds.Chunk(TrialsPerCluster))
        {
            var store = new SwitchedStore(TestCluster.NewStore());
            await using var cluster = await TestCluster.StartAsync(silos: 3, store);
            var undisturbed = new Dictionary<TrainingMethod, Outcome>();
            foreach (var options in new[] { s_crossEntropy, s_afa })
            {
                undisturbed[options.Method] = await OutcomeAsync(cluster, $"{options.Method}", await cluster.TrainAsync($"{options.Method}", options));
            }

            foreach (var trial in some)
            {
                await TryAsync(cluster, store, trial, trial % 2 == 0 ? s_crossEntropy : s_afa, undisturbed);
            }
        }

        var summary = $"{seeds.Length} trials in {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s; faults: {string.Join(", ", _faults.OrderBy(entry => entry.Key).Select(entry => $"{entry.Key} {entry.Value}"))}; {_recoveries} recoveries, {_resumes} resumes by the user after the store was away";
        TestContext.Current.TestOutputHelper?.WriteLine(summary);
        Assert.True(only is not null || _recoveries > 0, summary);   // Else nothing was tried.
    }

    private async Task TryAsync(TestCluster cluster, SwitchedStore store, int seed, TrainingOptions options, Dictionary<TrainingMethod, Outcome> undisturbed)
    {
        var run = $"trial-{seed}";
        var expected = undisturbed[options.Method];
        var plan = Fault.Plan(seed, (int)expected.Steps);
        try
        {
            var storeReturns = new List<Task>();
            await cluster.Control.StartTrainingAsync(run, JsonSerializer.Serialize(options, AfaJson.Options));
            foreach (var fault in plan)
            {
                var reached = await cluster.WaitAsync(run, status => status.Step >= fault.Step || status.State != RunState.Running);
                if (reached.State != RunState.Running)
                {
                    break;   // It was quicker than its faults.
                }

                await Task.Delay(fault.Delay);
                await InflictAsync(cluster, store, run, fault, storeReturns);
                _faults[fault.Kind] = _faults.GetValueOrDefault(fault.Kind) + 1;
            }

            await Task.WhenAll(storeReturns);
            var ended = await cluster.WaitAsync(run, status => status.State != RunState.Running);
            if (ended.State == RunState.Failed && storeReturns.Count > 0 && ended.Message!.Contains(SwitchedStore.Message, StringComparison.Ordinal))
            {
                // It says that the store is to be mended, and a user does so.
                _resumes++;
                await cluster.Control.ResumeTrainingAsync(run);
                ended = await cluster.WaitAsync(run, status => status.State != RunState.Running);
            }

            Assert.True(ended.State == RunState.Completed, $"{ended.State}: {ended.Message}");
            _recoveries += ended.Recoveries;
            var outcome = await OutcomeAsync(cluster, run, ended);
            Assert.True(expected.Weights.SequenceEqual(outcome.Weights), "The run ended with other weights.");
            Assert.Equal(expected.Losses, outcome.Losses);
            await RequireFreeSlotsAsync(cluster);
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"The trial of seed {seed} failed ({string.Join("; ", plan)}); AFA_TRIAL_SEED={seed} repeats it. {exception.Message}", exception);
        }
    }

    private static async Task InflictAsync(TestCluster cluster, SwitchedStore store, string run, Fault fault, List<Task> storeReturns)
    {
        switch (fault.Kind)
        {
            case FaultKind.SiloKilled:
                await cluster.Silos.KillSiloAsync(cluster.Silos.Silos[fault.Victim % cluster.Silos.Silos.Count]);
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

    private static async Task<Outcome> OutcomeAsync(TestCluster cluster, string run, TrainingRunStatus ended) =>
        new(ended.Step, await cluster.FinalWeightsAsync(run), [.. ended.History.Select(row => row.Loss)]);

    /// <summary>Waits until no trainer holds a device slot of a living silo.</summary>
    private static async Task RequireFreeSlotsAsync(TestCluster cluster)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        foreach (var silo in cluster.Silos.Silos)
        {
            var pool = cluster.Silos.GetSiloServiceProvider(silo.SiloAddress).GetRequiredService<DevicePool>();
            while (!IsFree(pool))
            {
                Assert.False(limit.IsCancellationRequested, $"A device slot of {silo.Name} was not given back.");
                await Task.Delay(20, CancellationToken.None);
            }
        }
    }

    private static bool IsFree(DevicePool pool)
    {
        var leases = Enumerable.Range(0, pool.Slots).Select(_ => pool.TryLease()).ToList();
        leases.ForEach(lease => lease?.Dispose());
        return leases.TrueForAll(lease => lease is not null);
    }

    private sealed record Outcome(long Steps, byte[] Weights, IReadOnlyList<double> Losses);
}
