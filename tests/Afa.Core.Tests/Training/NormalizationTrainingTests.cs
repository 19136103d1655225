using Afa.Attacks;
using Afa.Compute;
using Afa.Data;
using Afa.Models;
using Afa.Training;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Training;

/// <summary>What the options of normalization and of the compute format change in a step of training.</summary>
public sealed class NormalizationTrainingTests : IDisposable
{
    private readonly DeviceWorker[] _workers = [.. Enumerable.Range(0, 4).Select(rank => new DeviceWorker($"test-{rank}", CPU, threads: 1))];

    public void Dispose()
    {
        foreach (var worker in _workers)
        {
            worker.Dispose();
        }
    }

    [Theory]
    [InlineData(TrainingMethod.Ce, 2, AttackNormalization.Eval, false, 1e-5)]
    [InlineData(TrainingMethod.Ce, 4, AttackNormalization.Eval, false, 1e-5)]
    [InlineData(TrainingMethod.PgdAt, 2, AttackNormalization.FrozenTracking, false, 1e-5)]
    [InlineData(TrainingMethod.Trades, 2, AttackNormalization.Eval, true, 1e-4)]   // The divergence is flat at its start, so rounding steers the first step of the attack.
    [InlineData(TrainingMethod.Trades, 4, AttackNormalization.FrozenTracking, true, 1e-3)]
    [InlineData(TrainingMethod.AfaTrades, 2, AttackNormalization.Train, false, 1e-3)]
    [InlineData(TrainingMethod.Afa, 2, AttackNormalization.Eval, true, 1e-5)]
    [InlineData(TrainingMethod.Mart, 2, AttackNormalization.FrozenTracking, true, 1e-5)]
    [InlineData(TrainingMethod.Supcon, 2, AttackNormalization.Eval, false, 1e-5)]
    [InlineData(TrainingMethod.FastAt, 2, AttackNormalization.Train, false, 1e-5)]
    [InlineData(TrainingMethod.FreeAt, 2, AttackNormalization.Eval, false, 1e-5)]
    [InlineData(TrainingMethod.PgdAt, 2, AttackNormalization.Train, false, 1e-5, 0.01)]
    [InlineData(TrainingMethod.Mart, 2, AttackNormalization.Eval, true, 1e-5, 0.01)]
    public async Task Gradient_OfSynchronizedTrainers_IsThatOfOneWithTheWholeBatch(
        TrainingMethod method, int trainers, AttackNormalization attack, bool isSeparate, double tolerance, double awpGamma = 0)
    {
        // L2 and SiLU, as an L∞ step takes the sign of each pixel's gradient and a ReLU that of each activation: rounding decides where these are close to 0.
        // TRADES attacks start where its divergence is all but flat; with the batch's statistics the direction of the first step is float32 rounding in part.
        var options = Small(method) with
        {
            Model = "dm-wrn-10-1",
            ModelWidth = 0.5,
            Activation = Activation.Silu,
            Attack = new() { Norm = AttackNorm.L2, Epsilon = "0.5", Steps = 2 },
            Normalization = new() { Synchronized = true, DuringAttack = attack, Separate = isSeparate },
            AwpGamma = awpGamma,
        };
        (float[] Gradient, Dictionary<string, byte[]> Model) Compute(ICollective collective, ImageBatch batch)
        {
            using var trainer = new Trainer(options, collective, CPU);
            return (trainer.ComputeGradient(batch, noiseSeed: 3), Weights(trainer.Model));
        }

        var batch = Batch(options, 0);
        var one = await _workers[0].RunAsync(() => Compute(new SingleTrainer(), batch));
        var parts = await Task.WhenAll(ThreadCollective.Create(trainers).Select(collective => _workers[collective.Rank].RunAsync(() => Compute(collective, Part(batch, collective)))));

        var norm = Math.Sqrt(one.Gradient.Sum(value => (double)value * value));
        var difference = Math.Sqrt(one.Gradient.Zip(parts[0].Gradient).Sum(pair => Math.Pow((double)pair.First - pair.Second, 2)));
        Assert.True(norm > 1e-6 && difference <= tolerance * norm, $"The gradients differ by {difference / norm:g3} of their norm {norm:g3}.");
        Assert.All(parts, part => Assert.Equal(parts[0].Gradient, part.Gradient));
        Assert.All(parts, part => AssertSame(parts[0].Model, part.Model));
    }

    [Fact]
    public async Task Gradient_OfTrainersThatAreNotSynchronized_IsAnother()
    {
        var options = Small(TrainingMethod.Ce);
        float[] Compute(ICollective collective, ImageBatch batch)
        {
            using var trainer = new Trainer(options, collective, CPU);
            return trainer.ComputeGradient(batch, noiseSeed: 3);
        }

        var batch = Batch(options, 0);
        var one = await _workers[0].RunAsync(() => Compute(new SingleTrainer(), batch));
        var parts = await Task.WhenAll(ThreadCollective.Create(2).Select(collective => _workers[collective.Rank].RunAsync(() => Compute(collective, Part(batch, collective)))));

        Assert.True(one.Zip(parts[0]).Max(pair => Math.Abs(pair.First - pair.Second)) > 1e-3 * one.Max(Math.Abs));
    }

    [Theory]
    [InlineData(AttackNormalization.Eval, 1)]               // The training pass over adversarial images.
    [InlineData(AttackNormalization.FrozenTracking, 1)]
    [InlineData(AttackNormalization.Train, 3)]              // And the passes of two attack steps.
    [InlineData(AttackNormalization.Eval, 1, 0.01)]         // Not the pass that gives the perturbation of the weights.
    [InlineData(AttackNormalization.FrozenTracking, 1, 0.01)]
    [InlineData(AttackNormalization.Train, 3, 0.01)]
    public async Task Step_AttackNormalization_MovesTheStatisticsAsOftenAsItSays(AttackNormalization normalization, long batches, double awpGamma = 0)
    {
        var options = Small(TrainingMethod.PgdAt) with { Normalization = new() { DuringAttack = normalization }, AwpGamma = awpGamma };

        var model = await RunAsync(options, 0, 1);

        Assert.Equal(batches, BitConverter.ToInt64(model["bn1.num_batches_tracked"]));
    }

    [Fact]
    public async Task Step_FrozenHead_LeavesTheStatisticsAloneWhateverTheAttackDoesBefore()
    {
        var options = Small(TrainingMethod.Afa) with { Head = new() { Images = HeadImages.Adversarial }, Normalization = new() { DuringAttack = AttackNormalization.Train, Separate = true } };

        var (features, head) = (await RunAsync(options, 0, 4), await RunAsync(options, 0, 5));

        Assert.NotEqual(features["linear.weight"], head["linear.weight"]);
        Assert.All(features.Keys.Where(name => name.Contains("running_", StringComparison.Ordinal)), name => Assert.Equal(features[name], head[name]));
    }

    [Theory]
    [InlineData(TrainingMethod.Trades)]
    [InlineData(TrainingMethod.Mart)]
    [InlineData(TrainingMethod.AfaTrades)]
    [InlineData(TrainingMethod.Afa)]
    public async Task Step_SeparateNormalization_TrainsBothSetsFromTheirOwnImages(TrainingMethod method)
    {
        var options = Small(method) with { Normalization = new() { Separate = true } };
        var start = await RunAsync(options, 0, 0);

        var model = await RunAsync(options, 0, 1);

        foreach (var name in new[] { "weight", "bias", "running_mean", "running_var", "num_batches_tracked" })
        {
            var (main, auxiliary) = ($"layer1.0.bn1.{name}", $"layer1.0.bn1.auxiliary.{name}");
            Assert.NotEqual(start[main], model[main]);
            Assert.NotEqual(start[auxiliary], model[auxiliary]);
            Assert.Equal(start[main], start[auxiliary]);
            Assert.Equal(name == "num_batches_tracked", model[main].AsSpan().SequenceEqual(model[auxiliary]));   // One pass each.
        }
    }

    [Theory]
    [InlineData(TrainingMethod.Trades, AttackNormalization.Train, true, ComputePrecision.Float32)]
    [InlineData(TrainingMethod.AfaTrades, AttackNormalization.FrozenTracking, false, ComputePrecision.Float32)]
    [InlineData(TrainingMethod.PgdAt, AttackNormalization.Eval, false, ComputePrecision.Bfloat16)]
    [InlineData(TrainingMethod.Mart, AttackNormalization.Train, true, ComputePrecision.Float32, 0.01)]
    [InlineData(TrainingMethod.FastAt, AttackNormalization.Train, false, ComputePrecision.Float32)]
    [InlineData(TrainingMethod.FreeAt, AttackNormalization.Eval, false, ComputePrecision.Float32)]
    public async Task Restore_CapturedState_ContinuesBitForBit(
        TrainingMethod method, AttackNormalization normalization, bool isSeparate, ComputePrecision compute, double awpGamma = 0)
    {
        Assert.SkipUnless(compute == ComputePrecision.Float32 || Bfloat16Support.IsInProcessor, "This processor does not multiply bfloat16.");
        var options = Small(method) with { Normalization = new() { DuringAttack = normalization, Separate = isSeparate }, Compute = compute, AwpGamma = awpGamma };

        var straight = await RunAsync(options, 0, 3);
        var interrupted = await RunAsync(options, 0, 1, state: null);
        var resumed = await RunAsync(options, 1, 3, interrupted);

        AssertSame(straight, resumed);
    }

    [Fact]
    public async Task Step_SynchronizedPeerIsGone_FailsInsteadOfCrashing()
    {
        var options = Small(TrainingMethod.Ce) with { Normalization = new() { Synchronized = true } };
        var plan = Plan(options);
        var collective = new FailingCollective(afterCalls: 25);   // 20 layers of the forward pass, and some of the backward one.

        var exception = await Assert.ThrowsAsync<TimeoutException>(() => _workers[0].RunAsync(() =>
        {
            using var trainer = new Trainer(options, collective, CPU);
            return trainer.Step(plan.At(0), Batch(options, 0));
        }));

        Assert.Equal("A trainer is gone.", exception.Message);
    }

    [Theory]
    [InlineData("small-cnn", NormalizationLayer.Batch)]
    [InlineData("resnet-18", NormalizationLayer.Batch)]
    [InlineData("resnet-18", NormalizationLayer.Group)]
    [InlineData("dm-preact-resnet-18", NormalizationLayer.Batch)]
    public void Bfloat16_LogitsAndFeatures_AreFloat32AndCloseToIt(string name, NormalizationLayer layer)
    {
        Assert.SkipUnless(Bfloat16Support.IsInProcessor, "This processor does not multiply bfloat16.");
        using var scope = NewDisposeScope();
        using var model = ModelRegistry.Create(new ModelOptions { Name = name, WidthFactor = 0.25, NormalizationLayer = layer, Mean = [0.3], StandardDeviation = [0.35] }, seed: 1);
        model.Mode.TracksStatistics = false;
        foreach (var isTraining in new[] { true, false })
        {
            model.train(isTraining);
            var images = rand([16, 1, 28, 28], generator: new Generator(3)).requires_grad_();
            model.Compute = ComputePrecision.Float32;
            var exact = model.call(images);
            model.Compute = ComputePrecision.Bfloat16;
            var (features, logits) = (model.Features(images), model.call(images));
            model.zero_grad();
            logits.square().sum().backward();

            Assert.Equal((ScalarType.Float32, ScalarType.Float32), (features.dtype, logits.dtype));
            Assert.All(model.parameters(), parameter => Assert.Equal((ScalarType.Float32, ScalarType.Float32), (parameter.dtype, parameter.grad!.dtype)));
            Assert.Equal(ScalarType.Float32, images.grad!.dtype);
            var difference = ((logits - exact).norm() / exact.norm()).item<float>();
            Assert.InRange(difference, 1e-6, 2e-2);   // Not 0: it was computed with 8 bits.
        }
    }

    [Fact]
    public async Task Bfloat16_SomeSteps_LowerTheLoss()
    {
        Assert.SkipUnless(Bfloat16Support.IsInProcessor, "This processor does not multiply bfloat16.");
        var options = Small(TrainingMethod.Ce) with { Compute = ComputePrecision.Bfloat16, Epochs = 4, Optimizer = new() { LearningRate = 0.02 } };
        var plan = Plan(options);

        var losses = await _workers[0].RunAsync(() =>
        {
            using var trainer = new Trainer(options, new SingleTrainer(), CPU);
            return Enumerable.Range(0, 16).Select(step => trainer.Step(plan.At(step), Batch(options, 0)).Loss).ToList();
        });

        Assert.True(losses[^1] < 0.7 * losses[0], $"The loss of one batch went from {losses[0]} to {losses[^1]}.");
    }

    private static TrainingOptions Small(TrainingMethod method) => new()
    {
        Method = method,
        Model = "resnet-18",
        ModelWidth = 0.125,
        BatchSize = 16,
        Shards = 4,
        Epochs = 1,
        Attack = new() { Steps = 2 },
        Seed = 42,
    };

    private static TrainingPlan Plan(TrainingOptions options) => new(options, smallestShard: 4 * options.BatchSize / options.Shards);

    private static ImageBatch Batch(TrainingOptions options, int step)
    {
        var random = new Random(step);
        var pixels = new byte[options.BatchSize * 28 * 28];
        random.NextBytes(pixels);
        return new(pixels, [.. Enumerable.Range(0, options.BatchSize).Select(_ => random.NextInt64(10))], [.. Enumerable.Range(step * options.BatchSize, options.BatchSize)], 1, 28, 28);
    }

    private static ImageBatch Part(ImageBatch batch, ThreadCollective collective) =>
        batch.Slice(collective.Rank * batch.Count / collective.Count, batch.Count / collective.Count);

    /// <summary>Takes steps, and returns the model and, under other names, the momentum.</summary>
    private Task<Dictionary<string, byte[]>> RunAsync(TrainingOptions options, int from, int to, Dictionary<string, byte[]>? state = null) => _workers[0].RunAsync(() =>
    {
        using var scope = NewDisposeScope();
        using var trainer = new Trainer(options, new SingleTrainer(), CPU);
        if (state is not null)
        {
            Dictionary<string, Tensor> Stored(IEnumerable<(string Name, Tensor Value)> like, string prefix) => like.ToDictionary(entry => entry.Name, entry =>
            {
                var copy = entry.Value.clone();
                state[prefix + entry.Name].CopyTo(copy.bytes);
                return copy;
            });
            trainer.Restore(TrainingPhase.Training, Stored(trainer.Model.state_dict().Select(entry => (entry.Key, entry.Value)), ""), Stored(trainer.Velocities, "momentum."));
        }

        var plan = Plan(options);
        for (var step = from; step < to; step++)
        {
            trainer.Step(plan.At(step), Batch(options, step));
        }

        var result = Weights(trainer.Model);
        foreach (var (name, velocity) in trainer.Velocities)
        {
            result["momentum." + name] = velocity.contiguous().bytes.ToArray();
        }

        return result;
    });

    private static Dictionary<string, byte[]> Weights(ImageClassifier model)
    {
        using var scope = NewDisposeScope();
        return model.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.contiguous().bytes.ToArray());
    }

    private static void AssertSame(Dictionary<string, byte[]> expected, Dictionary<string, byte[]> actual)
    {
        Assert.Equal(expected.Keys, actual.Keys);
        Assert.All(expected, entry => Assert.True(entry.Value.AsSpan().SequenceEqual(actual[entry.Key]), $"{entry.Key} differs."));
    }

    /// <summary>A collective of two whose other trainer stays away after some calls.</summary>
    private sealed class FailingCollective(int afterCalls) : ICollective
    {
        private int _calls;

        public int Rank => 0;

        public int Count => 2;

        public IReadOnlyList<ReadOnlyMemory<byte>> AllGather(ReadOnlyMemory<byte> own) => ++_calls <= afterCalls ? [own, own] : throw new TimeoutException("A trainer is gone.");

        public void AllReduceSum(Span<float> values) => Assert.Fail("The step went on after a failed exchange.");
    }
}
