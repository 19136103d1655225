using Afa.Checkpoints;
using Afa.Compute;
using Afa.Data;
using Afa.Training;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Training;

/// <summary>Training with a moving average of the weights, through checkpoints.</summary>
public sealed class AveragedTrainerTests : IDisposable
{
    private readonly DeviceWorker[] _workers = [.. Enumerable.Range(0, 2).Select(rank => new DeviceWorker($"test-{rank}", CPU, threads: 1))];

    public void Dispose()
    {
        foreach (var worker in _workers)
        {
            worker.Dispose();
        }
    }

    [Theory]
    [InlineData("small-cnn", HeadScope.Frozen, 1)]      // In the feature phase.
    [InlineData("small-cnn", HeadScope.Frozen, 4)]      // Where the head phase begins.
    [InlineData("small-cnn", HeadScope.FineTuned, 4)]
    [InlineData("small-cnn", HeadScope.FineTuned, 6)]   // In the head phase.
    [InlineData("resnet-18", HeadScope.Frozen, 3)]
    public async Task Restore_FromACheckpoint_ContinuesBitForBit(string model, HeadScope scope, int at)
    {
        var options = Small(TrainingMethod.Afa) with { Model = model, ModelWidth = model == "resnet-18" ? 0.0625 : 0.25, Head = new() { Epochs = 1, Scope = scope } };

        var straight = await RunAsync(options, 0, 8);
        var resumed = await RunAsync(options, at, 8, await RunAsync(options, 0, at));

        AssertSame(straight.Model, resumed.Model);
        AssertSame(straight.Optimizer!, resumed.Optimizer!);
    }

    [Fact]
    public async Task Checkpoint_WithAnAverage_HoldsTheAverageAsTheModelAndTheWeightsBesideTheMomentum()
    {
        var plain = await RunAsync(Small(TrainingMethod.Trades) with { WeightAverage = 0 }, 0, 3);
        var averaged = await RunAsync(Small(TrainingMethod.Trades), 0, 3);

        // The average does not touch the training.
        foreach (var (name, value) in plain.Model)
        {
            Assert.True(value.Data.Span.SequenceEqual(averaged.Optimizer![$"{name}.unaveraged"].Data.Span), $"{name} was trained otherwise.");
            Assert.False(value.Data.Span.SequenceEqual(averaged.Model[name].Data.Span), $"{name} was not averaged.");
        }

        Assert.Equal(plain.Optimizer!.Keys.Order(), averaged.Optimizer!.Keys.Where(name => name.EndsWith(".momentum", StringComparison.Ordinal)).Order());
    }

    [Fact]
    public async Task Average_OfThreeSteps_IsThatOfTheWeightsAfterEach()
    {
        // 4 steps, 0.1 of them warm-up: d = (1 + t - 0.1) / (10 + t - 0.1), below τ throughout.
        var options = Small(TrainingMethod.Ce) with { WeightAverage = 0.9 };
        double Weight(Checkpoint checkpoint, string suffix) => Floats((suffix.Length == 0 ? checkpoint.Model : checkpoint.Optimizer!)["fc2.weight" + suffix])[3];
        var steps = new List<Checkpoint>();
        for (var step = 0; step <= 3; step++)
        {
            steps.Add(await RunAsync(options, 0, step));
        }

        var expected = Weight(steps[0], "");
        for (var step = 1; step <= 3; step++)
        {
            var decay = (1 + step - 0.1) / (10 + step - 0.1);
            expected = decay * expected + (1 - decay) * Weight(steps[step], ".unaveraged");
            Assert.Equal(expected, Weight(steps[step], ""), 1e-6);
        }
    }

    [Fact]
    public async Task Head_OfAveragedFeatures_IsTrainedOnThem()
    {
        var options = Small(TrainingMethod.Afa);
        var features = await RunAsync(options, 0, 4);
        var head = await RunAsync(options, 0, 8);

        // Frozen features stay as the average left them, and the head begins at zero, its average too.
        foreach (var (name, value) in features.Model.Where(entry => !entry.Key.StartsWith("fc2.", StringComparison.Ordinal)))
        {
            Assert.True(value.Data.Span.SequenceEqual(head.Model[name].Data.Span), $"{name} changed in the head phase.");
            Assert.False(value.Data.Span.SequenceEqual(features.Optimizer![$"{name}.unaveraged"].Data.Span), $"{name} was not averaged.");
        }

        Assert.Equal(["fc2.bias.momentum", "fc2.bias.unaveraged", "fc2.weight.momentum", "fc2.weight.unaveraged"], head.Optimizer!.Keys.Order());
        var afterOne = await RunAsync(options, 0, 5);
        var decay = (1 + 0.9) / (10 + 0.9);
        var (averaged, own) = (Floats(afterOne.Model["fc2.weight"]), Floats(afterOne.Optimizer!["fc2.weight.unaveraged"]));
        Assert.Contains(own, value => value != 0);
        Assert.All(averaged.Zip(own), pair => Assert.Equal((1 - decay) * pair.Second, pair.First, 1e-7));
    }

    [Fact]
    public async Task Statistics_OfBatchNorm_AreThoseOfTheModel()
    {
        var options = Small(TrainingMethod.Ce) with { Model = "resnet-18", ModelWidth = 0.0625 };
        var averaged = await RunAsync(options, 0, 3);
        var plain = await RunAsync(options with { WeightAverage = 0 }, 0, 3);

        Assert.All(averaged.Model.Where(entry => entry.Key.Contains("running_", StringComparison.Ordinal)), entry => Assert.True(entry.Value.Data.Span.SequenceEqual(plain.Model[entry.Key].Data.Span)));
    }

    [Fact]
    public async Task Average_OfTwoTrainers_IsTheSameBits()
    {
        var options = Small(TrainingMethod.AfaTrades);
        var states = await Task.WhenAll(ThreadCollective.Create(2).Select(collective => _workers[collective.Rank].RunAsync(() =>
        {
            using var trainer = new Trainer(options, collective, CPU);
            for (var step = 0; step < 3; step++)
            {
                trainer.Step(Plan(options).At(step), Batch(options, step).Slice(collective.Rank * 8, 8));
            }

            return TrainerCheckpoint.Capture(trainer, StateOf(trainer, 3));
        })));

        AssertSame(states[0].Model, states[1].Model);
        AssertSame(states[0].Optimizer!, states[1].Optimizer!);
    }

    [Fact]
    public async Task Restore_ACheckpointThatFitsNotTheOptions_IsRefused()
    {
        var options = Small(TrainingMethod.Ce);
        var averaged = await RunAsync(options, 0, 1);
        var plain = await RunAsync(options with { WeightAverage = 0 }, 0, 1);

        Assert.Contains("average", (await Assert.ThrowsAsync<ArgumentException>(() => RunAsync(options with { WeightAverage = 0 }, 1, 2, averaged))).Message, StringComparison.Ordinal);
        Assert.Contains("weights under training", (await Assert.ThrowsAsync<ArgumentException>(() => RunAsync(options, 1, 2, plain))).Message, StringComparison.Ordinal);
    }

    private static TrainingOptions Small(TrainingMethod method) => new()
    {
        Method = method,
        ModelWidth = 0.25,
        BatchSize = 16,
        Epochs = 1,
        Attack = new() { Steps = 1 },
        Head = new() { Epochs = 1 },
        WeightAverage = 0.9,
        Seed = 42,
    };

    // 4 steps to an epoch.
    private static TrainingPlan Plan(TrainingOptions options) => new(options, smallestShard: 4 * options.BatchSize / options.Shards);

    private static ImageBatch Batch(TrainingOptions options, int step)
    {
        var random = new Random(step);
        var pixels = new byte[options.BatchSize * 28 * 28];
        random.NextBytes(pixels);
        return new(pixels, [.. Enumerable.Range(0, options.BatchSize).Select(_ => random.NextInt64(10))], [.. Enumerable.Range(step * options.BatchSize, options.BatchSize)], 1, 28, 28);
    }

    private Task<Checkpoint> RunAsync(TrainingOptions options, int from, int to, Checkpoint? checkpoint = null) => _workers[0].RunAsync(() =>
    {
        using var trainer = new Trainer(options, new SingleTrainer(), CPU);
        if (checkpoint is not null)
        {
            TrainerCheckpoint.Restore(trainer, checkpoint);
        }

        for (var step = from; step < to; step++)
        {
            trainer.Step(Plan(options).At(step), Batch(options, step));
        }

        return TrainerCheckpoint.Capture(trainer, StateOf(trainer, to));
    });

    private static CheckpointState StateOf(Trainer trainer, int step) => new()
    {
        Run = "run",
        Phase = trainer.Phase,
        Epoch = 0,
        Step = step,
        ModelOptions = trainer.Model.Options,
        CreatedAt = DateTimeOffset.UnixEpoch,
    };

    private static float[] Floats(TensorRecord record) => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(record.Data.Span).ToArray();

    private static void AssertSame(IReadOnlyDictionary<string, TensorRecord> expected, IReadOnlyDictionary<string, TensorRecord> actual)
    {
        Assert.Equal(expected.Keys, actual.Keys);
        Assert.All(expected, entry => Assert.True(entry.Value.Data.Span.SequenceEqual(actual[entry.Key].Data.Span), $"{entry.Key} differs."));
    }
}
