using Afa.Attacks;
using Afa.Checkpoints;
using Afa.Compute;
using Afa.Data;
using Afa.Training;
using Afa.Training.Methods;
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
    [InlineData(TrainingMethod.Mart, AttackNorm.Linf)]
    [InlineData(TrainingMethod.Supcon, AttackNorm.Linf)]
    [InlineData(TrainingMethod.FastAt, AttackNorm.Linf)]
    [InlineData(TrainingMethod.FreeAt, AttackNorm.Linf)]
    [InlineData(TrainingMethod.Afa, AttackNorm.L2)]
    [InlineData(TrainingMethod.PgdAt, AttackNorm.L2)]
    public async Task Gradient_OfTwoTrainers_IsThatOfOneWithTheWholeBatch(TrainingMethod method, AttackNorm norm)
    {
        var options = Small(method) with { LabelSmoothing = 0.1, Attack = new() { Norm = norm, Epsilon = norm == AttackNorm.L2 ? "1" : null, Steps = 2 } };
        await AssertSameGradientAsync(options, _ => { });
    }

    [Theory]
    [InlineData(TrainingMethod.Afa)]
    [InlineData(TrainingMethod.AfaTrades)]
    [InlineData(TrainingMethod.PgdAt)]
    [InlineData(TrainingMethod.Trades)]
    [InlineData(TrainingMethod.Mart)]
    [InlineData(TrainingMethod.FastAt)]
    public async Task Gradient_AtPerturbedWeights_IsThatOfOneWithTheWholeBatch(TrainingMethod method) =>
        await AssertSameGradientAsync(Small(method) with { AwpGamma = 0.01, AfaImages = AfaImages.Afa }, _ => { });

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
    [MemberData(nameof(Methods))]
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
    [InlineData("small-cnn", TrainingMethod.Mart)]
    [InlineData("small-cnn", TrainingMethod.Supcon)]
    [InlineData("small-cnn", TrainingMethod.FastAt)]
    [InlineData("small-cnn", TrainingMethod.FreeAt)]
    [InlineData("resnet-18", TrainingMethod.FreeAt)]
    [InlineData("resnet-18", TrainingMethod.PgdAt, 0.01)]
    public async Task Step_TwoTrainers_StayBitwiseEqual(string model, TrainingMethod method, double awpGamma = 0)
    {
        // Through the change of phase, where there is one; with the statistics of batch norm, where there are any.
        var options = Small(method) with { Model = model, ModelWidth = 0.0625, AwpGamma = awpGamma, Head = new() { Epochs = 1, Images = HeadImages.Adversarial, Scope = HeadScope.FineTuned } };
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

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task Checkpoint_OfEveryMethod_ContinuesBitForBit(TrainingMethod method)
    {
        // Perturbed weights from the second epoch on, where the method has them.
        var options = Small(method) with { Epochs = 2 };
        options = TrainingMethods.Get(method).NoWeightPerturbation is null ? options with { AwpGamma = 0.01, AwpWarmup = 1 } : options;
        var (at, steps) = (3, Steps(options));

        var straight = await RunAsync(options, 0, steps);
        var resumed = await _workers[0].RunAsync(() =>
        {
            using var first = new Trainer(options, new SingleTrainer(), CPU);
            Run(first, options, 0, at);
            var checkpoint = TrainerCheckpoint.Capture(first, CheckpointState(first, at));
            using var second = new Trainer(options, new SingleTrainer(), CPU);
            TrainerCheckpoint.Restore(second, checkpoint);
            Run(second, options, at, steps);
            return State.Capture(second);
        });

        AssertSame(straight, resumed);
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task Step_OnTheSameEasyImages_LowersTheLoss(TrainingMethod method)
    {
        var options = Small(method) with { Optimizer = new() { LearningRate = 0.05, Schedule = LearningRateScheduleKind.Constant }, Attack = new() { Epsilon = "0.05", Steps = 2 } };
        options = TrainingMethods.Get(method).NoWeightPerturbation is null ? options with { AwpGamma = 0.005 } : options;
        var plan = new TrainingPlan(options, smallestShard: 20 * options.BatchSize / options.Shards);
        var losses = await _workers[0].RunAsync(() =>
        {
            using var trainer = new Trainer(options, new SingleTrainer(), CPU);
            return Enumerable.Range(0, 20).Select(step => trainer.Step(plan.At(step), Bars(options)).Loss).ToArray();
        });

        // With all features of a class in one place a contrastive loss still shares an anchor's probability among its positives: 3 others of its class
        // among the clean images, or 7 clean and adversarial ones.
        var floor = method switch { TrainingMethod.Supcon => Math.Log(3), TrainingMethod.Afa => Math.Log(7), _ => 0 };
        Assert.True(losses[^1] - floor < 0.7 * (losses[0] - floor), $"From {losses[0]} to {losses[^1]}, where {floor} is the least.");
    }

    [Theory]
    [InlineData(TrainingMethod.Afa)]
    [InlineData(TrainingMethod.AfaTrades)]
    [InlineData(TrainingMethod.PgdAt)]
    [InlineData(TrainingMethod.Trades)]
    [InlineData(TrainingMethod.Mart)]
    [InlineData(TrainingMethod.FastAt)]
    public async Task AdversarialWeights_OfAStep_AreWhereTheLossIsHigher(TrainingMethod method)
    {
        var options = Small(method);
        var (at, moved) = await _workers[0].RunAsync(() =>
        {
            using var scope = NewDisposeScope();
            var replica = new Replica(options, new SingleTrainer(), CPU);
            using var model = replica.Model;
            using var flat = new FlatParameters(model.named_parameters(), new HashSet<string>());
            var step = new TrainingStep(Batch(options, 0), noiseSeed: 3, CPU);
            var loss = TrainingMethods.Create(method, TrainingMethods.FirstPhase(method), replica);
            var value = loss.ComputeLoss(step).Loss;
            value.backward();
            flat.CollectGradient();
            using var perturbation = new WeightPerturbation(flat, 0.005);
            return (value.item<float>(), loss.ComputeLoss(step).Loss.item<float>());
        });

        Assert.True(moved > at, $"From {at} to {moved}.");
    }

    [Fact]
    public async Task Step_WithPerturbedWeights_LearnsFromTheGradientThere()
    {
        var options = Small(TrainingMethod.PgdAt) with { Model = "resnet-18", ModelWidth = 0.0625 };
        var plain = await RunAsync(options, 0, 1);
        var perturbed = await RunAsync(options with { AwpGamma = 0.05 }, 0, 1);
        var warming = await RunAsync(options with { AwpGamma = 0.05, AwpWarmup = 1 }, 0, 1);

        AssertSame(plain, warming);
        Assert.False(plain.Velocities["conv1.weight"].AsSpan().SequenceEqual(perturbed.Velocities["conv1.weight"]));

        // One batch, counted once: the pass that only finds the perturbation leaves no trace in the statistics.
        Assert.True(plain.Model["bn1.num_batches_tracked"].AsSpan().SequenceEqual(perturbed.Model["bn1.num_batches_tracked"]));
    }

    [Fact]
    public async Task Step_LossNotFiniteAtPerturbedWeights_PutsThemBack()
    {
        var options = Small(TrainingMethod.PgdAt) with { AwpGamma = 0.01 };
        var plan = Plan(options);
        await _workers[0].RunAsync(() =>
        {
            using var scope = NewDisposeScope();
            using var trainer = new Trainer(options, new SingleTrainer(), CPU);
            using (no_grad())
            {
                // Finite where it stands, beyond float32 a little further.
                trainer.Model.get_parameter("fc2.weight")!.mul_(1e38);
            }

            var before = State.Capture(trainer);
            Assert.Throws<LossNotFiniteException>(() => trainer.Step(plan.At(0), Batch(options, 0)));
            AssertSame(before, State.Capture(trainer));
        });
    }

    [Fact]
    public async Task Step_FreeReplays_EachMoveTheWeights()
    {
        var options = Small(TrainingMethod.FreeAt) with { Optimizer = new() { Schedule = LearningRateScheduleKind.Constant } };
        var one = await RunAsync(options with { FreeReplays = 1 }, 0, 1);
        var four = await RunAsync(options with { FreeReplays = 4 }, 0, 1);
        Assert.False(one.Model["fc1.weight"].AsSpan().SequenceEqual(four.Model["fc1.weight"]));
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
        var options = Small(TrainingMethod.Trades) with { BatchSize = 64 };
        var plan = Plan(options);
        var (report, clean, robust) = await _workers[0].RunAsync(() =>
        {
            using var scope = NewDisposeScope();
            var step = new TrainingStep(Batch(options, 0), TrainingStep.EpochNoise(options.Seed, epoch: 0), CPU);
            var outcome = TrainingMethods.Create(options.Method, TrainingPhase.Training, new Replica(options, new SingleTrainer(), CPU)).ComputeLoss(step);
            int Right(Tensor logits) => logits.argmax(1).data<long>().Zip(step.Labels.data<long>()).Count(row => row.First == row.Second);

            using var trainer = new Trainer(options, new SingleTrainer(), CPU);
            return (trainer.Step(plan.At(0), Batch(options, 0)), Right(outcome.CleanLogits!), Right(outcome.AdversarialLogits!));
        });

        Assert.Equal(options.BatchSize, report.Images);
        Assert.True(report.Loss > 0);
        Assert.InRange(clean, 1, options.BatchSize - 1);
        Assert.NotEqual(clean, robust);
        Assert.Equal((clean, robust), (report.CleanCorrect, report.RobustCorrect));
        Assert.Null(report.FeatureMatches);
        Assert.Equal(["attack", "backward", "data", "forward", "reduce", "update"], report.PhaseSeconds.Keys.Order());
    }

    [Fact]
    public async Task Step_LossesOfTwoTrainers_AddUpToThatOfOne()
    {
        foreach (var method in Enum.GetValues<TrainingMethod>())
        {
            var options = Small(method) with { FreeReplays = 1 };   // The second replay would be at weights that differ in the last bits.
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

    public static TheoryData<TrainingMethod> Methods => new(Enum.GetValues<TrainingMethod>());

    // Two images of each shard in 16, 4 steps to an epoch: 4 of features, 4 of the head.
    private static TrainingOptions Small(TrainingMethod method) => new()
    {
        Method = method,
        ModelWidth = 0.25,
        BatchSize = 16,
        Epochs = 1,
        Attack = new() { Steps = 2 },
        Head = new() { Epochs = 1 },
        Augmentation = new() { HorizontalFlip = method == TrainingMethod.Supcon },   // By the shards, which are not in these tests.
        FreeReplays = 2,
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

    /// <summary>The same images in every step: each class is a bright bar at its own height, two rows in turn have the same class.</summary>
    private static ImageBatch Bars(TrainingOptions options)
    {
        var pixels = new byte[options.BatchSize * 28 * 28];
        new Random(1).NextBytes(pixels);
        var labels = new long[options.BatchSize];
        for (var i = 0; i < labels.Length; i++)
        {
            labels[i] = i / 2 % 4;
            var image = pixels.AsSpan(i * 784, 784);
            foreach (ref var pixel in image)
            {
                pixel /= 4;
            }

            image.Slice((4 + 5 * (int)labels[i]) * 28, 84).Fill(250);
        }

        return new(pixels, labels, [.. Enumerable.Range(0, labels.Length)], 1, 28, 28);
    }

    private static void Run(Trainer trainer, TrainingOptions options, int from, int to)
    {
        var plan = Plan(options);
        for (var step = from; step < to; step++)
        {
            trainer.Step(plan.At(step), Batch(options, step));
        }
    }

    private static CheckpointState CheckpointState(Trainer trainer, int step) => new()
    {
        Run = "run",
        Phase = trainer.Phase,
        Epoch = 0,
        Step = step,
        ModelOptions = trainer.Model.Options,
        CreatedAt = DateTimeOffset.UnixEpoch,
    };

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
        Run(trainer, options, from, to);
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
