using Afa.Attacks;
using Afa.Compute;
using Afa.Data;
using Afa.Training;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Training;

public sealed class TrainerTests : IDisposable
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
    [InlineData(TrainingMethod.Afa, AttackNorm.Linf)]
    [InlineData(TrainingMethod.AfaTrades, AttackNorm.Linf)]
    [InlineData(TrainingMethod.Ce, AttackNorm.Linf)]
    [InlineData(TrainingMethod.PgdAt, AttackNorm.Linf)]
    [InlineData(TrainingMethod.Trades, AttackNorm.Linf)]
    [InlineData(TrainingMethod.Afa, AttackNorm.L2)]
    [InlineData(TrainingMethod.PgdAt, AttackNorm.L2)]
    public async Task Gradient_OfTwoTrainers_IsThatOfOneWithTheWholeBatch(TrainingMethod method, AttackNorm norm)
    {
        var options = Small(method) with { LabelSmoothing = 0.1, Attack = new() { Norm = norm, Epsilon = norm == AttackNorm.L2 ? "1" : null, Steps = 2 } };
        await AssertSameGradientAsync(options, _ => { });
    }

    [Theory]
    [InlineData(HeadImages.Clean)]
    [InlineData(HeadImages.Adversarial)]
    public async Task Gradient_OfTheFrozenHeadOfAResNet_IsThatOfOneWithTheWholeBatch(HeadImages images)
    {
        // With frozen features batch norm runs in evaluation mode, so the images of a batch do not mix.
        var options = Small(TrainingMethod.Afa) with { Model = "resnet-18", ModelWidth = 0.25, BatchSize = 8, Head = new() { Images = images } };
        await AssertSameGradientAsync(options, trainer =>
        {
            using var scope = NewDisposeScope();
            trainer.Restore(TrainingPhase.Head, trainer.Model.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.clone()), velocities: null);
        });
    }

    [Theory]
    [InlineData(TrainingMethod.Afa)]
    [InlineData(TrainingMethod.AfaTrades)]
    [InlineData(TrainingMethod.Trades)]
    public async Task Step_SameSeedTwice_GivesTheSameBits(TrainingMethod method)
    {
        var options = Small(method);
        var first = await RunAsync(options, 0, Steps(options));
        var second = await RunAsync(options, 0, Steps(options));
        var other = await RunAsync(options with { Seed = 1 }, 0, Steps(options));

        AssertSame(first, second);
        Assert.False(first.Model["fc1.weight"].AsSpan().SequenceEqual(other.Model["fc1.weight"]));
    }

    [Theory]
    [InlineData("small-cnn", TrainingMethod.Afa)]
    [InlineData("resnet-18", TrainingMethod.Afa)]
    [InlineData("resnet-18", TrainingMethod.AfaTrades)]
    public async Task Step_TwoTrainers_StayBitwiseEqual(string model, TrainingMethod method)
    {
        // Through the change of phase, where there is one; with the statistics of batch norm, where there are any.
        var options = Small(method) with { Model = model, ModelWidth = 0.0625, Epochs = 1, Head = new() { Epochs = 1, Images = HeadImages.Adversarial, Scope = HeadScope.FineTuned } };
        var plan = Plan(options);
        var collectives = ThreadCollective.Create(2);
        var states = await Task.WhenAll(collectives.Select(collective => _workers[collective.Rank].RunAsync(() =>
        {
            using var trainer = new Trainer(options, collective, CPU);
            for (var step = 0; step < plan.Steps; step++)
            {
                trainer.Step(plan.At(step), Half(Batch(options, step), collective.Rank));
            }

            return State.Capture(trainer);
        })));

        AssertSame(states[0], states[1]);
    }

    [Theory]
    [InlineData("small-cnn", 1)]   // In the feature phase.
    [InlineData("small-cnn", 4)]   // Where the head phase begins.
    [InlineData("small-cnn", 5)]   // In the head phase.
    [InlineData("resnet-18", 3)]
    public async Task Restore_CapturedState_ContinuesBitForBit(string model, int at)
    {
        var options = Small(TrainingMethod.Afa) with { Model = model, ModelWidth = 0.0625 };
        var steps = Steps(options);
        Assert.Equal(8, steps);

        var straight = await RunAsync(options, 0, steps);
        var interrupted = await RunAsync(options, 0, at);
        var resumed = await RunAsync(options with { Seed = options.Seed }, at, steps, interrupted);

        AssertSame(straight, resumed);
    }

    [Fact]
    public async Task Restore_MomentumOfAnotherPhase_IsRefused()
    {
        var options = Small(TrainingMethod.Afa);
        var features = await RunAsync(options, 0, 1);
        var exception = await Assert.ThrowsAsync<ArgumentException>(() => RunAsync(options, 4, 5, features with { Phase = TrainingPhase.Head }));
        Assert.Contains("'fc2.weight'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Step_LossNotFinite_ThrowsAndLeavesTheParameters()
    {
        var options = Small(TrainingMethod.Ce);
        var plan = Plan(options);
        await _workers[0].RunAsync(() =>
        {
            using var scope = NewDisposeScope();
            using var trainer = new Trainer(options, new SingleTrainer(), CPU);
            trainer.Step(plan.At(0), Batch(options, 0));
            using (no_grad())
            {
                trainer.Model.get_parameter("fc2.bias")!.fill_(float.PositiveInfinity);
            }

            var before = State.Capture(trainer);
            var exception = Assert.Throws<LossNotFiniteException>(() => trainer.Step(plan.At(1), Batch(options, 1)));

            Assert.Contains("step 1 on trainer 0", exception.Message, StringComparison.Ordinal);
            AssertSame(before, State.Capture(trainer));
        });
    }

    [Theory]
    [InlineData(HeadImages.Clean)]
    [InlineData(HeadImages.Adversarial)]
    public async Task Step_FrozenHeadPhase_LeavesTheFeaturesBitForBit(HeadImages images)
    {
        var options = Small(TrainingMethod.Afa) with { Model = "resnet-18", ModelWidth = 0.0625, Head = new() { Epochs = 2, Images = images } };
        var before = await RunAsync(options, 0, 4);
        var after = await RunAsync(options, 4, 8, before);

        Assert.Equal(TrainingPhase.Head, after.Phase);
        foreach (var (name, value) in before.Model)
        {
            Assert.Equal(!name.StartsWith("linear.", StringComparison.Ordinal) && !name.StartsWith("fc.", StringComparison.Ordinal), value.AsSpan().SequenceEqual(after.Model[name]));
        }
    }

    [Fact]
    public async Task Step_FeaturePhase_LeavesTheHeadBitForBit()
    {
        var options = Small(TrainingMethod.Afa) with { Optimizer = new() { WeightDecay = 0.1 } };
        var start = await RunAsync(options, 0, 0);
        var after = await RunAsync(options, 0, 3);

        Assert.Equal(["fc2.bias", "fc2.weight"], start.Model.Where(entry => entry.Value.AsSpan().SequenceEqual(after.Model[entry.Key])).Select(entry => entry.Key).Order());
    }

    [Fact]
    public async Task Step_OneTrainer_ReportsWhatItMeasured()
    {
        var options = Small(TrainingMethod.Trades);
        var plan = Plan(options);
        var report = await _workers[0].RunAsync(() =>
        {
            using var trainer = new Trainer(options, new SingleTrainer(), CPU);
            return trainer.Step(plan.At(0), Batch(options, 0));
        });

        Assert.Equal(options.BatchSize, report.Images);
        Assert.True(report.Loss > 0);
        Assert.InRange(report.CleanCorrect!.Value, 0, options.BatchSize);
        Assert.InRange(report.RobustCorrect!.Value, 0, report.CleanCorrect.Value + options.BatchSize);
        Assert.Null(report.FeatureMatches);
        Assert.Equal(["attack", "backward", "data", "forward", "reduce", "update"], report.PhaseSeconds.Keys.Order());
    }

    [Fact]
    public async Task Step_LossesOfTwoTrainers_AddUpToThatOfOne()
    {
        foreach (var method in Enum.GetValues<TrainingMethod>())
        {
            var options = Small(method);
            var plan = Plan(options);
            StepReport Take(ICollective collective, ImageBatch batch)
            {
                using var trainer = new Trainer(options, collective, CPU);
                return trainer.Step(plan.At(0), batch);
            }

            var whole = await _workers[0].RunAsync(() => Take(new SingleTrainer(), Batch(options, 0)));
            var parts = await Task.WhenAll(ThreadCollective.Create(2).Select(collective => _workers[collective.Rank].RunAsync(() => Take(collective, Half(Batch(options, 0), collective.Rank)))));

            Assert.Equal(whole.Loss, parts.Sum(part => part.Loss), 1e-5 * whole.Loss);
            Assert.Equal(whole.CleanCorrect, parts.Sum(part => part.CleanCorrect) is var clean && whole.CleanCorrect is null ? null : clean);
            Assert.Equal(whole.FeatureMatches ?? 0, parts.Sum(part => part.FeatureMatches ?? 0));
        }
    }

    // Two images of each shard in 16, 4 steps to an epoch: 4 of features, 4 of the head.
    private static TrainingOptions Small(TrainingMethod method) => new()
    {
        Method = method,
        ModelWidth = 0.25,
        BatchSize = 16,
        Epochs = 1,
        Attack = new() { Steps = 2 },
        Head = new() { Epochs = 1 },
        Seed = 42,
    };

    private static TrainingPlan Plan(TrainingOptions options) => new(options, smallestShard: 4 * options.BatchSize / options.Shards);

    private static int Steps(TrainingOptions options) => (int)Plan(options).Steps;

    private static ImageBatch Batch(TrainingOptions options, int step)
    {
        var random = new Random(step);
        var pixels = new byte[options.BatchSize * 28 * 28];
        random.NextBytes(pixels);
        return new(pixels, [.. Enumerable.Range(0, options.BatchSize).Select(_ => random.NextInt64(10))], [.. Enumerable.Range(step * options.BatchSize, options.BatchSize)], 1, 28, 28);
    }

    private static ImageBatch Half(ImageBatch batch, int rank) => batch.Slice(rank * batch.Count / 2, batch.Count / 2);

    private async Task AssertSameGradientAsync(TrainingOptions options, Action<Trainer> prepare)
    {
        float[] Gradient(ICollective collective, ImageBatch batch)
        {
            using var trainer = new Trainer(options, collective, CPU);
            prepare(trainer);
            return trainer.ComputeGradient(batch, noiseSeed: 3);
        }

        var batch = Batch(options, 0);
        var one = await _workers[0].RunAsync(() => Gradient(new SingleTrainer(), batch));
        var two = await Task.WhenAll(ThreadCollective.Create(2).Select(collective => _workers[collective.Rank].RunAsync(() => Gradient(collective, Half(batch, collective.Rank)))));

        Assert.Equal(two[0], two[1]);
        var norm = Math.Sqrt(one.Sum(value => (double)value * value));
        var difference = Math.Sqrt(one.Zip(two[0]).Sum(pair => Math.Pow((double)pair.First - pair.Second, 2)));
        Assert.True(norm > 1e-6 && difference <= 1e-5 * norm, $"The gradients differ by {difference / norm:g3} of their norm {norm:g3}.");
    }

    private Task<State> RunAsync(TrainingOptions options, int from, int to, State? state = null) => _workers[0].RunAsync(() =>
    {
        using var trainer = new Trainer(options, new SingleTrainer(), CPU);
        state?.Restore(trainer);
        var plan = Plan(options);
        for (var step = from; step < to; step++)
        {
            trainer.Step(plan.At(step), Batch(options, step));
        }

        return State.Capture(trainer);
    });

    private static void AssertSame(State expected, State actual)
    {
        Assert.Equal(expected.Phase, actual.Phase);
        foreach (var (left, right) in new[] { (expected.Model, actual.Model), (expected.Velocities, actual.Velocities) })
        {
            Assert.Equal(left.Keys, right.Keys);
            Assert.All(left, entry => Assert.True(entry.Value.AsSpan().SequenceEqual(right[entry.Key]), $"{entry.Key} differs."));
        }
    }

    /// <summary>What a checkpoint holds, as bytes.</summary>
    private sealed record State(string Phase, Dictionary<string, byte[]> Model, Dictionary<string, byte[]> Velocities)
    {
        public static State Capture(Trainer trainer)
        {
            using var scope = NewDisposeScope();
            return new(
                trainer.Phase,
                trainer.Model.state_dict().ToDictionary(entry => entry.Key, entry => Bytes(entry.Value)),
                trainer.Velocities.ToDictionary(entry => entry.Name, entry => Bytes(entry.Velocity)));
        }

        public void Restore(Trainer trainer)
        {
            using var scope = NewDisposeScope();
            var like = trainer.Model.state_dict();
            trainer.Restore(
                Phase,
                Model.ToDictionary(entry => entry.Key, entry => FromBytes(entry.Value, like[entry.Key])),
                Velocities.ToDictionary(entry => entry.Key, entry => FromBytes(entry.Value, like[entry.Key])));
        }

        private static byte[] Bytes(Tensor tensor) => tensor.detach().contiguous().bytes.ToArray();

        private static Tensor FromBytes(byte[] bytes, Tensor like)
        {
            var result = empty(like.shape, like.dtype);
            bytes.CopyTo(result.bytes);
            return result;
        }
    }
}
