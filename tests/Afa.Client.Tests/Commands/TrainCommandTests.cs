using Afa.Attacks;
using Afa.Client.Control;
using Afa.Data;
using Afa.Grains;
using Xunit;

namespace Afa.Client.Tests.Commands;

public sealed class TrainCommandTests : IDisposable
{
    private readonly ClientHarness _client = new();

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Train_NoOptions_TrainsEvaluatesAndReports()
    {
        var code = await _client.RunAsync("train");

        Assert.Equal(ExitCode.Success, code);
        Assert.Empty(_client.Error);
        Assert.Equal(["start fashion-mnist-afa-20261122-153000"], _client.Cluster.Calls);
        Assert.Equal(FakeControl.CheckpointName("fashion-mnist-afa-20261122-153000", 8), Assert.Single(_client.Cluster.LastEvaluation!.Checkpoints));
        Assert.Contains("epoch 8/8 (features): loss 0.2500, feature match 0.700, 9.0 s", _client.Output, StringComparison.Ordinal);
        Assert.Contains("| worst-case | 0.800    | 0.490 to 0.943 | 8/10    | Coat 0.600  | 1.0 s |", _client.Output, StringComparison.Ordinal);

        var report = Path.Combine(_client.Store, "runs", "fashion-mnist-afa-20261122-153000", "report", "report.html");
        Assert.Contains($"Report: {report}", _client.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(report));
    }

    [Fact]
    public async Task Train_AtStart_SaysWhatIsUsed()
    {
        await _client.RunAsync("train", "--seed", "7");

        foreach (var part in new[] { "afa: Adversarial Feature Alignment", "Fashion-MNIST", "20000 training images", "small-cnn", "epsilon 0.1", "5 steps", "5 epochs", "2 trainers", "seed 7", _client.Store })
        {
            Assert.Contains(part, _client.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Train_Elastic_TakesTrainersAsTheMost()
    {
        await _client.RunAsync("train", "--shards", "4", "--trainers", "4", "--elastic", "true");

        var options = TrainingJob.Options(Assert.Single(_client.Cluster.Runs));
        Assert.Equal((true, 4), (options.Elastic, options.Trainers));
        Assert.Contains("up to 4 trainers on 4 shards", _client.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_FileFlagAndSet_LaterOnesWin()
    {
        var file = _client.WriteFile("options.yaml", "epochs: 2\nseed: 2\nmethod: ce\nattack:\n  steps: 2\n");

        await _client.RunAsync("train", "--options", file, "--epochs", "3", "--seed", "3", "--set", "seed=4", "--set", "optimizer.momentum=0.5");

        var options = TrainingJob.Options(Assert.Single(_client.Cluster.Runs));
        Assert.Equal((Training.TrainingMethod.Ce, 3, 4ul, 2, 0.5), (options.Method, options.Epochs, options.Seed, options.Attack.Steps, options.Optimizer.Momentum));
    }

    [Fact]
    public async Task Train_ThreatModel_IsThatOfTheEvaluation()
    {
        await _client.RunAsync("train", "--norm", "l2", "--epsilon", "128/255", "--images", "200", "--data-dir", "/data", "--seed", "5");

        var evaluation = _client.Cluster.LastEvaluation!;
        Assert.Equal((AttackNorm.L2, "128/255", 200, "/data", 5ul), (evaluation.Norm, Assert.Single(evaluation.Epsilons), evaluation.Images, evaluation.DataDirectory, evaluation.Seed));
    }

    [Fact]
    public async Task Train_SeveralMistakes_NamesAllAndStartsNothing()
    {
        var code = await _client.RunAsync("train", "--epochs", "0", "--method", "madry", "--images", "0", "--set", "epoch=3", "--run", "Mine");

        Assert.Equal(ExitCode.Usage, code);
        Assert.StartsWith("error: 5 problems:", _client.Error, StringComparison.Ordinal);
        Assert.Contains("Epochs must be in [1, 100000], not 0.", _client.Error, StringComparison.Ordinal);
        Assert.Contains("method must be one of afa, afa-trades, ce, pgd-at, trades, mart, supcon, fast-at, free-at, not 'madry'", _client.Error, StringComparison.Ordinal);
        Assert.Contains("did you mean 'epochs'", _client.Error, StringComparison.Ordinal);
        Assert.Contains("'Mine'", _client.Error, StringComparison.Ordinal);
        Assert.Empty(_client.Output);
        Assert.Equal(0, _client.Connections);
        Assert.False(Directory.Exists(_client.Store));
    }

    [Fact]
    public async Task Train_Help_HasALineForEachMethod()
    {
        await _client.RunAsync("train", "--help");

        foreach (var method in new[] { "afa: ", "afa-trades: ", "ce: ", "pgd-at: ", "trades: ", "mart: ", "supcon: ", "fast-at: ", "free-at: " })
        {
            Assert.Matches($@"(?m)^ +{method}", _client.Output);
        }
    }

    [Theory]
    [InlineData("mart: MART (β 6)", "5 steps in training; weights perturbed by 0.005 of their norm", "--method", "mart", "--awp-gamma", "0.005")]
    [InlineData("fast-at: cross-entropy", "1 step of 1.25 epsilon in training", "--method", "fast-at")]
    [InlineData("free-at: cross-entropy", "3 replays of each batch in training", "--method", "free-at", "--set", "freeReplays=3")]
    [InlineData("supcon: supervised contrastive loss (τ 0.2), then a linear head", "learning rate 0.1 (cosine)", "--method", "supcon", "--set", "augmentation.horizontalFlip=true", "--set", "supconTemperature=0.2", "--schedule", "cosine")]
    public async Task Train_Method_IsSaidAtStart(string method, string attack, params string[] arguments)
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync(["train", .. arguments]));
        Assert.Contains(method, _client.Output, StringComparison.Ordinal);
        Assert.Contains(attack, _client.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_OptionsThatDoNotGoTogether_StartNothing()
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync("train", "--method", "supcon", "--awp-gamma", "0.01"));
        Assert.Contains("augmentation.cropPadding", _client.Error, StringComparison.Ordinal);
        Assert.Contains("AwpGamma does not go with supcon", _client.Error, StringComparison.Ordinal);
        Assert.Empty(_client.Cluster.Calls);
    }

    [Fact]
    public async Task Train_NameThatIsTaken_IsRefused()
    {
        _client.Cluster.Runs.Add(FakeControl.Run("mine", RunState.Paused, 2));

        Assert.Equal(ExitCode.Usage, await _client.RunAsync("train", "--run", "mine"));
        Assert.Contains("--resume mine", _client.Error, StringComparison.Ordinal);
        Assert.Empty(_client.Cluster.Calls);
    }

    [Fact]
    public async Task Train_NameOfAnEvaluation_IsRefused()
    {
        _client.Cluster.Evaluations.Add(FakeControl.Evaluation("mine", RunState.Completed, 2));

        Assert.Equal(ExitCode.Usage, await _client.RunAsync("train", "--run", "mine"));
        Assert.Contains("There is an evaluation 'mine'", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_TwiceInOneSecond_GetsTwoNames()
    {
        _client.Cluster.Runs.Add(FakeControl.Run("fashion-mnist-afa-20261122-153000", RunState.Completed, 8));

        await _client.RunAsync("train");

        Assert.Equal(["start fashion-mnist-afa-20261122-153000-2"], _client.Cluster.Calls);
    }

    [Fact]
    public async Task Train_NoEvaluate_ReportsTheTrainingOnly()
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync("train", "--no-evaluate"));
        Assert.Null(_client.Cluster.LastEvaluation);
        Assert.Contains("Report: ", _client.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_Json_IsOneDocumentAndNothingElse()
    {
        await _client.RunAsync("train", "--json", "--run", "mine");

        Assert.Equal("mine", _client.Document.GetProperty("run").GetProperty("run").GetString());
        Assert.Equal("completed", _client.Document.GetProperty("run").GetProperty("state").GetString());
        Assert.Equal(5, _client.Document.GetProperty("run").GetProperty("options").GetProperty("epochs").GetInt32());
        Assert.Equal(4, _client.Document.GetProperty("evaluation").GetProperty("results")[0].GetProperty("attacks").GetArrayLength());
        Assert.EndsWith("report.html", _client.Document.GetProperty("report").GetString(), StringComparison.Ordinal);
        Assert.Contains("epoch 8/8", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_RunFails_SaysWhyAndHowToGoOn()
    {
        _client.Cluster.Runs.Add(FakeControl.Run("mine", RunState.Failed, 2));
        _client.Cluster.TrainingError = "Loss is not finite at step 21.";

        Assert.Equal(ExitCode.Failure, await _client.WithStore().RunAsync("train", "--resume", "mine"));
        Assert.Contains("Loss is not finite at step 21.", _client.Error, StringComparison.Ordinal);
        Assert.Contains("afa train --resume mine", _client.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_DataMissing_IsRefusedBeforeARunIsCreated()
    {
        _client.Cluster.DataError = new DatasetNotFoundException("The train files of Fashion-MNIST were not found.");

        Assert.Equal(ExitCode.Usage, await _client.RunAsync("train"));
        Assert.Contains("The train files of Fashion-MNIST were not found.", _client.Error, StringComparison.Ordinal);
        Assert.Empty(_client.Cluster.Calls);
    }

    [Fact]
    public async Task Train_DepthThatTheModelCannotHave_IsRefused()
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync("train", "--model", "wide-resnet", "--depth", "27"));
        Assert.Contains("Depth must be 6n + 4", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_StoreThatCannotBeCreated_IsRefused()
    {
        var store = Path.Combine(_client.WriteFile("a-file", ""), "store");

        Assert.Equal(ExitCode.Usage, await _client.RunAsync("train", "--store", store));
        Assert.Contains($"The store {store} cannot be created", _client.Error, StringComparison.Ordinal);
        Assert.Equal(0, _client.Connections);
    }

    [Fact]
    public async Task Train_EvaluationFails_SaysWhy()
    {
        _client.Cluster.EvaluationError = "The test files were not found.";

        Assert.Equal(ExitCode.Failure, await _client.RunAsync("train"));
        Assert.Contains("The test files were not found.", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_CtrlC_PausesOnceAndSaysHowToGoOn()
    {
        _client.Cluster.OnQuestion = status =>
        {
            if (status.Epoch == 3)
            {
                _client.Interrupt();
            }
        };

        Assert.Equal(ExitCode.Failure, await _client.RunAsync("train", "--run", "mine"));
        Assert.Equal(["start mine", "pause mine"], _client.Cluster.Calls);
        Assert.Contains("Pausing", _client.Output, StringComparison.Ordinal);
        Assert.Contains("Go on with: afa train --resume mine", _client.Output, StringComparison.Ordinal);
        Assert.Null(_client.Cluster.LastEvaluation);
    }

    [Fact]
    public async Task Train_PausedInAnotherStore_NamesTheStore()
    {
        var other = Path.Combine(_client.Folder, "other");
        _client.Cluster.OnQuestion = _ => _client.Interrupt();

        await _client.RunAsync("train", "--run", "mine", "--store", other);

        Assert.Contains($"afa train --resume mine --store {other}", _client.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resume_WithoutName_TakesTheNewestThatIsNotComplete()
    {
        _client.Cluster.Runs.AddRange([FakeControl.Run("newest", RunState.Completed, 8), FakeControl.Run("newer", RunState.Paused, 4), FakeControl.Run("old", RunState.Failed, 1)]);

        Assert.Equal(ExitCode.Success, await _client.WithStore().RunAsync("train", "--resume"));
        Assert.Equal(["resume newer"], _client.Cluster.Calls);
        Assert.Contains("Resuming after step 40 of 80 (paused in epoch 5 of 8).", _client.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("epoch 4/8 (", _client.Output, StringComparison.Ordinal);
        Assert.Contains("epoch 5/8 (", _client.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resume_CompletedRun_GoesOnWithTheEvaluation()
    {
        _client.Cluster.Runs.Add(FakeControl.Run("mine", RunState.Completed, 8));

        Assert.Equal(ExitCode.Success, await _client.WithStore().RunAsync("train", "--resume", "mine"));
        Assert.Empty(_client.Cluster.Calls);
        Assert.Equal(FakeControl.CheckpointName("mine", 8), Assert.Single(_client.Cluster.LastEvaluation!.Checkpoints));
    }

    [Fact]
    public async Task Resume_UnknownName_ListsTheKnownOnes()
    {
        _client.Cluster.Runs.Add(FakeControl.Run("mine", RunState.Paused, 2));

        Assert.Equal(ExitCode.Usage, await _client.WithStore().RunAsync("train", "--resume", "mien"));
        Assert.Contains("Unknown run 'mien'. Did you mean 'mine'? Known: mine.", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resume_NothingToResume_SaysSo()
    {
        _client.Cluster.Runs.Add(FakeControl.Run("mine", RunState.Completed, 8));

        Assert.Equal(ExitCode.Usage, await _client.WithStore().RunAsync("train", "--resume"));
        Assert.Contains("all are complete", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resume_WithTrainingOptions_IsRefused()
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync("train", "--resume", "mine", "--epochs", "3", "--set", "seed=1"));
        Assert.Contains("leave out --epochs, --set", _client.Error, StringComparison.Ordinal);
    }
}
