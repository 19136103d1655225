using Afa.Client.Control;
using Afa.Client.Output;
using Afa.Client.Reports;
using Afa.Client.Tests.Reports;
using Afa.Grains;
using Afa.Training;
using Xunit;

namespace Afa.Client.Tests.Commands;

/// <summary>How the client shows validation, and that it evaluates the best checkpoint.</summary>
public sealed class ModelSelectionTests : IDisposable
{
    private readonly ClientHarness _client = new();

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Train_Flags_SetTheOptionsAndAreDescribed()
    {
        await _client.RunAsync("train", "--ema", "0.995", "--validation-images", "1024", "--patience", "3", "--set", "validation.everyEpochs=2");

        var options = TrainingJob.Options(Assert.Single(_client.Cluster.Runs));
        Assert.Equal(0.995, options.WeightAverage);
        Assert.Equal(new ValidationOptions { Images = 1024, EveryEpochs = 2, Patience = 3 }, options.Validation);
        Assert.Contains("moving average of the weights, decay 0.995", _client.Output, StringComparison.Ordinal);
        Assert.Contains("1024 held-out training images, PGD-40 on the margin, every 2 epochs, patience 3 epochs", _client.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_PatienceWithoutImages_IsRefused()
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync("train", "--patience", "3"));
        Assert.Contains("needs Validation.Images", _client.Error, StringComparison.Ordinal);
        Assert.Equal(0, _client.Connections);
    }

    [Fact]
    public async Task Train_ValidatedRun_EvaluatesTheBestCheckpointAndSaysSo()
    {
        _client.Cluster.Runs.Add(FakeControl.Run("mine", RunState.Completed, 8) with { Message = "Stopped early, after epoch 8 of 20." });
        _client.Cluster.Checkpoints.AddRange([FakeControl.Validated("mine", 8, 0.4), FakeControl.Validated("mine", 6, 0.512, isBest: true)]);

        Assert.Equal(ExitCode.Success, await _client.WithStore().RunAsync("train", "--resume", "mine"));
        Assert.Equal(FakeControl.CheckpointName("mine", 6), Assert.Single(_client.Cluster.LastEvaluation!.Checkpoints));
        Assert.Contains("mine/step-00000060 is the best checkpoint of its run by robust accuracy on held-out images: 0.512 after epoch 6.", _client.Output, StringComparison.Ordinal);
        Assert.Contains("Stopped early, after epoch 8 of 20.", _client.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mine", 6)]
    [InlineData("mine/best", 6)]
    [InlineData("mine/last", 8)]
    [InlineData("mine/step-00000070", 7)]
    [InlineData("plain", 5)]
    [InlineData("plain/last", 5)]
    public async Task Evaluate_NameOfARun_IsItsBestElseItsLast(string name, int epoch)
    {
        _client.Cluster.Checkpoints.AddRange(
        [
            FakeControl.Validated("mine", 8, 0.4), FakeControl.Validated("mine", 7, 0.45), FakeControl.Validated("mine", 6, 0.512, isBest: true),
            FakeControl.Checkpoint("plain", 5, isFinal: true), FakeControl.Checkpoint("plain", 4),
        ]);

        Assert.Equal(ExitCode.Success, await _client.WithStore().RunAsync("evaluate", name));
        Assert.Equal(FakeControl.CheckpointName(name.Split('/')[0], epoch), Assert.Single(_client.Cluster.LastEvaluation!.Checkpoints));
        Assert.Equal(epoch == 6, _client.Output.Contains("is the best checkpoint of its run", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Evaluate_BestOfARunThatWasNotValidated_SaysWhatThereIs()
    {
        _client.Cluster.Checkpoints.Add(FakeControl.Checkpoint("plain", 5));

        Assert.Equal(ExitCode.Usage, await _client.WithStore().RunAsync("evaluate", "plain/best"));
        Assert.Contains("Run 'plain' has no best checkpoint", _client.Error, StringComparison.Ordinal);
        Assert.Contains("'plain/last'", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Checkpoints_Best_IsMarked()
    {
        _client.Cluster.Checkpoints.AddRange([FakeControl.Validated("mine", 8, 0.4), FakeControl.Validated("mine", 6, 0.512, isBest: true)]);

        await _client.WithStore().RunAsync("checkpoints", "list");
        Assert.Matches(@"step-00000060 .*\| yes +\|", _client.Output);
        await _client.RunAsync("checkpoints", "show", "mine");
        Assert.Contains("step 60, best by validation", _client.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Runs_Show_HasTheHeldOutAccuraciesAndTheBestEpoch()
    {
        _client.Cluster.Runs.Add(FakeControl.Run("mine", RunState.Completed, 2) with { History = History() });

        await _client.WithStore().RunAsync("runs", "show", "mine");

        Assert.Contains("1, robust accuracy 0.450 and clean 0.750 on 1000 held-out images", _client.Output, StringComparison.Ordinal);
        Assert.Contains("| Held-out clean | Held-out robust |", _client.Output, StringComparison.Ordinal);
        Assert.Matches(@"\| 0\.750 +\| 0\.450 +\|", _client.Output);
    }

    [Fact]
    public void Epoch_Validated_SaysHowAndWhatItTook() => Assert.Equal(
        "epoch 1/2 (training): loss 1.0000, clean accuracy 0.700, robust accuracy 0.500, validation clean 0.750, validation robust 0.450, 5.0 s",
        StatusText.Epoch(History()[0], 2));

    [Fact]
    public void Report_ValidatedRun_HasCurvesAndColumns()
    {
        var curves = TrainingCurves.Create(History())!.ToString();
        Assert.Contains("held-out robust", curves, StringComparison.Ordinal);
        Assert.Contains("the best epoch by them is 1, robust accuracy 0.450", curves, StringComparison.Ordinal);

        var table = TrainingTables.Epochs(History());
        Assert.Equal(["Held-out clean", "Held-out robust"], table.Columns.Skip(6).Take(2));
        Assert.Equal(["0.750", "0.450"], table.Rows[0].Skip(6).Take(2));

        Assert.DoesNotContain("held-out", TrainingCurves.Create(SampleReport.Run().History)!.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("Held-out clean", TrainingTables.Epochs(SampleReport.Run().History).Columns);
    }

    private static IReadOnlyList<EpochMetrics> History() =>
    [
        new("training", 1, 1, 0.7, 0.5, null, 0.1, 4, new Dictionary<string, double>(), new EpochValidation(0.75, 0.45, 1000, 1)),
        new("training", 2, 0.9, 0.75, 0.55, null, 0.1, 4, new Dictionary<string, double>(), new EpochValidation(0.8, 0.4, 1000, 1)),
    ];
}
