using System.Text.Json;
using Afa.Client.Tests.Reports;
using Afa.Federation;
using Afa.Federation.Aggregation;
using Afa.Federation.Attackers;
using Afa.Grains;
using Afa.Training;
using Xunit;

namespace Afa.Client.Tests.Commands;

/// <summary>federate, federations, and what watch, cancel and report make of federations.</summary>
public sealed class FederateCommandTests : IDisposable
{
    private static readonly FederationOptions s_options = SampleFederation.UnderAttack(AggregationRuleKind.Median);

    private readonly ClientHarness _client = new();

    private FederationOptions Started => FakeControl.Options(_client.Cluster.Federations[0]);

    private string Report => Path.Combine(_client.Store, "federations", "mine", "report");

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Federate_NoOptions_TrainsShowsAndReports()
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync("federate"));
        Assert.Empty(_client.Error);
        Assert.Equal(["start federation federation-20261122-153000"], _client.Cluster.Calls);
        Assert.Equal(JsonSerializer.Serialize(new FederationOptions(), AfaJson.Options), JsonSerializer.Serialize(Started, AfaJson.Options));
        Assert.Matches(@"round 1/13 \(features\): \d+ of 10 participants, loss 2\.4000, clean 0\.\d+, worst-case 0\.\d+, worst participant 0\.\d+, 51\.0 s", _client.Output);
        Assert.Contains("round 13/13 (head): ", _client.Output, StringComparison.Ordinal);
        Assert.Contains("without participant-5 (not done in 1800 s)", _client.Output, StringComparison.Ordinal);
        Assert.Contains("The model of round 13, as 10 of 10 participants judge it", _client.Output, StringComparison.Ordinal);
        Assert.Matches(@"\| worst-case \| 0\.\d+ +\| 0\.\d+ to 0\.\d+ \| \d+ / \d+ \| participant-\d+ \(0\.\d+\) +\| participant-\d+ \(0\.\d+\) +\| 0\.\d+ ", _client.Output);
        Assert.Contains("afa evaluate federation-20261122-153000/step-00000130 --attack autoattack", _client.Output, StringComparison.Ordinal);
        var report = Path.Combine(_client.Store, "federations", "federation-20261122-153000", "report", "report.html");
        Assert.Contains($"Report: {report}", _client.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(report));
    }

    [Fact]
    public async Task Federate_Flags_ReachTheirOptions()
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync(
            "federate", "--name", "mine", "--participants", "12", "--rounds", "4", "--head-rounds", "2", "--local-epochs", "2", "--local-steps", "3", "--fraction", "0.75", "--quorum", "0.6", "--round-seconds", "90",
            "--split", "by-class", "--alpha", "0.1", "--classes-each", "3", "--strategy", "fedavgm", "--rule", "multi-krum", "--byzantine", "1", "--before", "bucketing", "--attackers", "2", "--attacker", "inner-product",
            "--clip", "1.5", "--delta", "0.001", "--attack", "pgd-5,apgd-ce", "--images", "80", "--evaluate-every", "2", "--method", "trades", "--dataset", "mnist", "--batch-size", "32", "--learning-rate", "0.05",
            "--train-images", "600", "--epsilon", "0.2", "--seed", "7", "--set", "training.optimizer.momentum=0.8", "--set", "evaluation.minimumCount=5"));

        var options = Started;
        Assert.Equal((12, 4, 2, 2, 3, 0.75, 0.6, 90), (options.Participants, options.Rounds, options.HeadRounds, options.LocalEpochs, options.LocalSteps, options.Fraction, options.Quorum, options.RoundSeconds));
        Assert.Equal(new PartitionOptions { Kind = PartitionKind.ByClass, Alpha = 0.1, ClassesEach = 3 }, options.Partition);
        Assert.Equal(StrategyKind.FedAvgM, options.Strategy.Kind);
        Assert.Equal(new AggregationOptions { Rule = AggregationRuleKind.MultiKrum, Byzantine = 1, Before = PreAggregation.Bucketing }, options.Aggregation);
        Assert.Equal(new AttackerOptions { Count = 2, Kind = AttackerKind.InnerProduct }, options.Attackers);
        Assert.Equal((1.5, 0.001), (options.Privacy.ClipNorm, options.Privacy.Delta));
        Assert.Equal((80, 2, 5, "pgd-5,apgd-ce"), (options.Evaluation.Images, options.Evaluation.EveryRounds, options.Evaluation.MinimumCount, string.Join(',', options.Evaluation.Attacks)));
        Assert.Equal((TrainingMethod.Trades, "mnist", 32, 0.05, 0.8, 600, "0.2", 7ul), (options.Training.Method, options.Training.Dataset, options.Training.BatchSize, options.Training.Optimizer.LearningRate,
            options.Training.Optimizer.Momentum, options.Training.TrainImages, options.Training.Attack.Epsilon, options.Training.Seed));
    }

    [Theory]
    [InlineData("fedavg", StrategyKind.FedAvg)]
    [InlineData("fed-avg-m", StrategyKind.FedAvgM)]
    [InlineData("fedavgm", StrategyKind.FedAvgM)]
    [InlineData("fedadam", StrategyKind.FedAdam)]
    [InlineData("scaffold", StrategyKind.Scaffold)]
    [InlineData("fedbn", StrategyKind.FedBn)]
    public async Task Federate_Strategy_IsKnownByBothSpellings(string name, StrategyKind strategy)
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync("federate", "--strategy", name, "--rounds", "1", "--model", "resnet-18"));
        Assert.Equal(strategy, Started.Strategy.Kind);
    }

    [Fact]
    public async Task Federate_FileFlagAndSet_LaterOnesWin()
    {
        var file = _client.WriteFile("f.yaml", "owners: [north, west, south]\nrounds: 2\nquorum: 0.9\nstrategy: {kind: fedprox, proximalMu: 0.1}\nprivacy:\n  secureAggregation: true\ntraining:\n  method: trades\n  attack: {steps: 3}\n  seed: 5\nevaluation:\n  attacks: [pgd-5, fgsm]\n");

        Assert.Equal(ExitCode.Success, await _client.RunAsync("federate", "--options", file, "--seed", "6", "--rounds", "3", "--set", "rounds=1"));
        Assert.Equal(["north", "west", "south"], Started.Owners);
        Assert.Equal((1, 0.9, StrategyKind.FedProx, 0.1, true), (Started.Rounds, Started.Quorum, Started.Strategy.Kind, Started.Strategy.ProximalMu, Started.Privacy.SecureAggregation));
        Assert.Equal((TrainingMethod.Trades, 3, 6ul), (Started.Training.Method, Started.Training.Attack.Steps, Started.Training.Seed));
        Assert.Equal(["pgd-5", "fgsm"], Started.Evaluation.Attacks);
        Assert.Contains("north, west, south: each with its own Fashion-MNIST", _client.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Federate_Owners_UseAllTheirImages_UnlessToldOtherwise()
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync("federate", "--owners", "north,west,south"));
        Assert.Equal(0, Started.Training.TrainImages);

        var file = _client.WriteFile("f.yaml", "owners: [north, west, south]\ntraining: {trainImages: 700}\n");
        Assert.Equal(ExitCode.Success, await _client.RunAsync("federate", "--options", file));
        Assert.Equal(700, Started.Training.TrainImages);
        Assert.Contains("up to 700 training images", _client.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Federate_OwnersWithAFolder_NeedNoneHere_ButSayWhatItHolds()
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync("federate", "--owners", "north,west", "--dataset", "/nowhere/scans"));
        Assert.Contains("only their own silos look into /nowhere/scans", _client.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("There is no folder", _client.Error, StringComparison.Ordinal);
        Assert.Empty(_client.Cluster.Calls);

        Assert.Equal(ExitCode.Success, await _client.RunAsync("federate", "--owners", "north,west", "--dataset", "/nowhere/scans", "--owner-images", "5x1x64x64"));
        Assert.Equal(("/nowhere/scans", "5x1x64x64"), (Started.Training.Dataset, Started.Training.ImageShape));
        Assert.Contains("north, west: each with its own /nowhere/scans, 5x1x64x64", _client.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Federate_OptionsOfAStoredFederation_CanBeReadBack()
    {
        await _client.RunAsync("federate", "--rounds", "7", "--method", "trades", "--name", "mine");
        var stored = Started;
        var file = _client.WriteFile("f.json", JsonSerializer.Serialize(stored with { Training = stored.LocalTraining() }, AfaJson.Options));

        Assert.Equal(ExitCode.Success, await _client.RunAsync("federate", "--options", file));
        Assert.Equal(stored.LocalTraining(), Started.LocalTraining());
    }

    [Fact]
    public async Task Federate_WrongInManyPlaces_NamesAllAndStartsNothing()
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync(
            "federate", "--participants", "0", "--quorum", "2", "--rule", "krun", "--alpha", "-1", "--noise", "1", "--secure", "--attack", "pdg", "--name", "Mine", "--set", "training.epochs=4", "--set", "trainin.seed=1", "--set", "x"));

        foreach (var problem in new[]
        {
            "Participants must be in [1, 1000], not 0.",
            "Quorum must be in (0, 1], not 2.",
            "--rule: aggregation.rule must be one of mean, median, trimmed-mean, krum, multi-krum, bulyan, geometric-median, norm-clipping, centered-clipping, not 'krun'.",
            "Partition.Alpha must be in [0.001, 1000000], not -1",
            "Privacy.NoiseMultiplier needs Privacy.ClipNorm",
            "Privacy.SecureAggregation needs at least 3 participants",
            "Unknown attack 'pdg'",
            "'Mine' does not fit",
            "--set: training.epochs is decided by rounds; set that instead.",
            "did you mean 'training.seed'",
            "--set: needs key=value",
        })
        {
            Assert.Contains(problem, _client.Error, StringComparison.Ordinal);
        }

        Assert.Equal(0, _client.Connections);
        Assert.False(Directory.Exists(_client.Store));
    }

    [Fact]
    public async Task Federate_SumsOnlyWithARuleThatNeedsEachUpdate_IsRefused()
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync("federate", "--secure", "--rule", "krum"));
        Assert.Contains("Privacy.SecureAggregation shows the aggregator only a sum, of which Krum cannot be computed.", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Federate_TooFewParticipantsForTheRule_GivesItsInequality()
    {
        var inequality = AggregationRules.Problem(new AggregationOptions { Rule = AggregationRuleKind.Krum, Byzantine = 4 }, 10)!;
        Assert.Equal(ExitCode.Usage, await _client.RunAsync("federate", "--rule", "krum", "--byzantine", "4"));
        Assert.Contains(inequality, _client.Error, StringComparison.Ordinal);
        Assert.Empty(_client.Cluster.Calls);
    }

    [Fact]
    public async Task Federate_OtherCheckpoints_AreFoundByTheNamesOfRuns()
    {
        _client.Cluster.Checkpoints.AddRange([FakeControl.Checkpoint("one", 8, isFinal: true), FakeControl.Checkpoint("two", 4)]);

        Assert.Equal(ExitCode.Success, await _client.RunAsync("federate", "--rounds", "1", "--also", "one,two/step-00000040"));
        Assert.Equal([FakeControl.CheckpointName("one", 8), FakeControl.CheckpointName("two", 4)], Started.Evaluation.Checkpoints);
        Assert.Contains("Other checkpoints on the same test images", _client.Output, StringComparison.Ordinal);
        Assert.Matches(@"\| two/step-00000040 +\| 0\.", _client.Output);

        Assert.Equal(ExitCode.Usage, await _client.RunAsync("federate", "--also", "three"));
        Assert.Contains("Unknown checkpoint or run 'three'", _client.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, await _client.RunAsync("federate", "--attack", "transfer:one"));
        Assert.Contains("transfer", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DryRun_ShowsThePlanAndStartsNothing()
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync(
            "federate", "--method", "ce", "--participants", "8", "--fraction", "0.5", "--train-images", "800", "--rounds", "6", "--local-epochs", "2", "--evaluate-every", "4", "--images", "50", "--attack", "clean", "--dry-run"));

        Assert.Contains("8 participants, dirichlet, alpha 0.5: 800 training images of Fashion-MNIST (fashion-mnist), on average 100 each", _client.Output, StringComparison.Ordinal);
        Assert.Contains("6, 4 of 8 participants in each, 2 local epochs", _client.Output, StringComparison.Ordinal);

        // 6 rounds × 2 passes over half of 800 images at 3 passes of the network each; rounds 4 and 6 judged on 8 × 50 images.
        Assert.Contains("about 15.2 thousand passes", _client.Output, StringComparison.Ordinal);
        Assert.Contains(" 5 % of them in evaluations", _client.Output, StringComparison.Ordinal);
        Assert.Equal(0, _client.Connections);
        Assert.False(Directory.Exists(_client.Store));

        await _client.RunAsync("federate", "--rule", "median", "--dry-run", "--json");
        Assert.Equal("median", _client.Document.GetProperty("aggregation").GetProperty("rule").GetString());
    }

    [Fact]
    public async Task Federate_Private_ReportsEpsilon()
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync("federate", "--rounds", "1", "--method", "trades", "--clip", "1", "--noise", "1.1"));
        Assert.Contains("Privacy: epsilon 4.25 at delta 1E-05 after 1 round", _client.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Federate_Json_IsOneDocumentAndNothingElse()
    {
        await _client.RunAsync("federate", "--rounds", "2", "--method", "trades", "--json", "--name", "mine", "--report", Path.Combine(_client.Folder, "here"));

        Assert.Equal("mine", _client.Document.GetProperty("federation").GetString());
        Assert.Equal(2, _client.Document.GetProperty("rounds").GetArrayLength());
        Assert.Equal(10, _client.Document.GetProperty("models")[1].GetProperty("counts").GetArrayLength());
        Assert.Equal(Path.Combine(_client.Folder, "here", "report.html"), _client.Document.GetProperty("report").GetString());
        Assert.Contains("round 2/2", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Federate_JudgedWhileTheNextRoundRuns_GetsALineOfItsOwn()
    {
        _client.Cluster.JudgesLate = true;

        await _client.RunAsync("federate", "--rounds", "3", "--method", "trades");
        Assert.Matches(@"round 1/3 \(training\): \d+ of 10 participants, loss 2\.4000, 51\.0 s", _client.Output);
        Assert.Matches(@"model of round 1 judged, clean 0\.\d+, worst-case 0\.\d+, worst participant 0\.\d+", _client.Output);
        Assert.Single(_client.Output.Split('\n'), line => line.StartsWith("model of round 1 judged", StringComparison.Ordinal));
        Assert.DoesNotContain("model of round 3 judged", _client.Output, StringComparison.Ordinal);   // Its line has it.
    }

    [Fact]
    public async Task Federate_Fails_SaysWhyAndHowToGoOn()
    {
        _client.Cluster.FederationError = "Fewer than 5 of 10 participants delivered in 3 tries.";

        Assert.Equal(ExitCode.Failure, await _client.RunAsync("federate", "--name", "mine"));
        Assert.Contains("Federation 'mine' failed after 0 of 13 rounds: Fewer than 5 of 10 participants delivered in 3 tries.", _client.Error, StringComparison.Ordinal);
        Assert.Contains("Go on with: afa federate --resume mine", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Federate_CtrlC_PausesIt()
    {
        _client.Cluster.OnFederationQuestion = status => { if (status.Round == 2) { _client.Interrupt(); } };

        Assert.Equal(ExitCode.Failure, await _client.RunAsync("federate", "--name", "mine"));
        Assert.Equal(["start federation mine", "pause federation mine"], _client.Cluster.Calls);
        Assert.Contains("Pausing: the round under way is finished.", _client.Output, StringComparison.Ordinal);
        Assert.Contains("Go on with: afa federate --resume mine", _client.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(Report, "report.html")));
    }

    [Theory]
    [InlineData("federate", "--name", "mine")]
    [InlineData("train", "--run", "mine")]
    [InlineData("sweep", "--name", "mine")]
    public async Task NameOfAFederation_IsRefusedForOtherWork(params string[] arguments)
    {
        _client.Cluster.Federations.Add(FakeControl.Federation("mine", RunState.Paused, 2));

        Assert.Equal(ExitCode.Usage, await _client.RunAsync(arguments));
        Assert.Contains($"There is a federation 'mine' in {_client.Store} already (paused). Go on with it by: afa federate --resume mine, or choose another name.", _client.Error, StringComparison.Ordinal);
        Assert.Empty(_client.Cluster.Calls);
    }

    [Fact]
    public async Task Resume_WithoutAName_TakesTheNewestUnfinished()
    {
        _client.WithStore().Cluster.Federations.AddRange([
            FakeControl.Federation("done", RunState.Completed, 10, s_options), FakeControl.Federation("mine", RunState.Paused, 8, s_options), FakeControl.Federation("old", RunState.Failed, 1, s_options)]);

        Assert.Equal(ExitCode.Success, await _client.RunAsync("federate", "--resume"));
        Assert.Equal(["resume federation mine"], _client.Cluster.Calls);
        Assert.Contains("Resuming after 8 of 10 rounds (paused).", _client.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("round 8/10", _client.Output, StringComparison.Ordinal);   // Already known.
        Assert.DoesNotContain("judged,", _client.Output, StringComparison.Ordinal);
        Assert.Contains("round 9/10", _client.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(RunState.Completed, "Federation 'mine' is complete.")]
    [InlineData(RunState.Canceled, "was canceled and does not go on")]
    [InlineData(RunState.Running, "Another process is at work on federation 'mine'.")]
    public async Task Resume_NothingToDoHere_IsRefused(RunState state, string reason)
    {
        _client.WithStore().Cluster.Federations.Add(FakeControl.Federation("mine", state, 10, s_options));

        Assert.Equal(ExitCode.Usage, await _client.RunAsync("federate", "--resume", "mine"));
        Assert.Contains(reason, _client.Error, StringComparison.Ordinal);
        Assert.Empty(_client.Cluster.Calls);
    }

    [Fact]
    public async Task Resume_WithOtherOptions_IsRefused()
    {
        Assert.Equal(ExitCode.Usage, await _client.WithStore().RunAsync("federate", "--resume", "mine", "--rounds", "3", "--secure"));
        Assert.Contains("leave out --rounds, --secure", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Federations_Listed_ShowsHowFarTheyAre()
    {
        _client.WithStore().Cluster.Federations.Add(FakeControl.Federation("mine", RunState.Paused, 5, s_options));

        await _client.RunAsync("federations");
        Assert.Matches(@"\| mine +\| paused \| 50 % \| 5 of 10 \| 0\.\d+ \| 0\.\d+ +\| 0\.\d+ ", _client.Output);

        await _client.RunAsync("federations", "--json");
        Assert.Equal("median", _client.Document[0].GetProperty("options").GetProperty("aggregation").GetProperty("rule").GetString());
    }

    [Fact]
    public async Task FederationsShow_Unfinished_ShowsWhatIsFoundSoFar()
    {
        _client.WithStore().Cluster.Federations.Add(FakeControl.Federation("mine", RunState.Paused, 5, s_options));

        Assert.Equal(ExitCode.Success, await _client.RunAsync("federations", "show", "mine"));
        Assert.Contains("5 of 10 rounds, 50 % of the work", _client.Output, StringComparison.Ordinal);
        Assert.Contains("2 of 10: sign-flip", _client.Output, StringComparison.Ordinal);
        Assert.Contains("The model of round 5, as 10 of 10 participants judge it", _client.Output, StringComparison.Ordinal);

        await _client.RunAsync("federations", "show", "mine", "--json");
        Assert.Equal(5, _client.Document.GetProperty("result").GetProperty("models").GetArrayLength());

        Assert.Equal(ExitCode.Usage, await _client.RunAsync("federations", "show", "mien"));
        Assert.Contains("Unknown federation 'mien'. Did you mean 'mine'?", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_Federation_WritesItAgain()
    {
        _client.WithStore().Cluster.Federations.Add(FakeControl.Federation("mine", RunState.Completed, 10, s_options));

        Assert.Equal(ExitCode.Success, await _client.RunAsync("report", "mine"));
        Assert.True(File.Exists(Path.Combine(Report, "report.html")));
    }

    [Fact]
    public async Task Report_SeveralFederations_ComparesThem()
    {
        _client.WithStore().Cluster.Federations.AddRange([
            FakeControl.Federation("plain", RunState.Completed, 10, SampleFederation.UnderAttack(AggregationRuleKind.Mean)), FakeControl.Federation("mine", RunState.Completed, 10, s_options)]);

        Assert.Equal(ExitCode.Success, await _client.RunAsync("report", "plain", "mine"));
        Assert.Matches(@"\| mine +\| median against 2 \| 2 of 10: sign-flip \|[^\n]+\n\| plain +\| mean ", _client.Output);
        Assert.Contains($"Report: {Path.Combine(_client.Store, "federations", "report", "report.html")}", _client.Output, StringComparison.Ordinal);

        _client.Cluster.Runs.Add(FakeControl.Run("a-run", RunState.Completed, 8));
        Assert.Equal(ExitCode.Usage, await _client.RunAsync("report", "plain", "a-run"));
        Assert.Contains("Several names are compared with --features, or if all are federations; 'a-run' is none.", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluate_ModelOfAFederation_TakesItsThreatModel()
    {
        _client.WithStore().Cluster.Federations.Add(FakeControl.Federation("mine", RunState.Completed, 10, s_options with { Training = s_options.Training with { Attack = s_options.Training.Attack with { Epsilon = "0.2" } } }));
        _client.Cluster.Checkpoints.Add(FakeControl.Checkpoint("mine", 10, isFinal: true));

        Assert.Equal(ExitCode.Success, await _client.RunAsync("evaluate", "mine", "--attack", "pgd-5"));
        Assert.Equal(["0.2"], _client.Cluster.LastEvaluation!.Epsilons);
    }

    [Fact]
    public async Task Watch_Federation_ShowsItToItsEnd()
    {
        _client.WithStore().Cluster.Federations.Add(FakeControl.Federation("mine", RunState.Running, 8, s_options));

        Assert.Equal(ExitCode.Success, await _client.RunAsync("watch", "mine"));
        Assert.DoesNotContain("round 8/10", _client.Output, StringComparison.Ordinal);
        Assert.Contains("round 9/10", _client.Output, StringComparison.Ordinal);
        Assert.Contains("| worst-case |", _client.Output, StringComparison.Ordinal);
        Assert.Empty(_client.Cluster.Calls);
    }

    [Fact]
    public async Task Watch_FederationThatRests_SaysHowToGoOn()
    {
        _client.WithStore().Cluster.Federations.Add(FakeControl.Federation("mine", RunState.Paused, 2, s_options));

        Assert.Equal(ExitCode.Failure, await _client.RunAsync("watch", "mine"));
        Assert.Contains("Federation 'mine' is not running anywhere (paused, 2 of 10 rounds).", _client.Error, StringComparison.Ordinal);
        Assert.Contains("afa federate --resume mine", _client.Error, StringComparison.Ordinal);
    }
}
