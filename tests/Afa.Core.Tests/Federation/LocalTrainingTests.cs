using Afa.Checkpoints;
using Afa.Compute;
using Afa.Data;
using Afa.Federation;
using Afa.Tests.Checkpoints;
using Afa.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Federation;

public sealed class LocalTrainingTests : IDisposable
{
    private const float LearningRate = 0.1f;

    private readonly DeviceWorker _worker = new("test", CPU, threads: 1);
    private readonly ImageDataset _images = SmallFederation.Images(24);

    public void Dispose() => _worker.Dispose();

    [Theory]
    [InlineData(TrainingMethod.Ce)]
    [InlineData(TrainingMethod.PgdAt)]
    [InlineData(TrainingMethod.Trades)]
    public async Task OneLocalStepOfAll_IsDataParallelSgd(TrainingMethod method)
    {
        // Each participant has 8 images, 2 batches: 4 rounds are 2 epochs. With decay and a schedule, which both have to follow alike.
        var options = SmallFederation.Options(method);
        options = options with { Participants = 3, Training = options.Training with { Optimizer = options.Training.Optimizer with { Schedule = LearningRateScheduleKind.OneCycle, WeightDecay = 5e-4 } } };
        var parallel = options.Training with { BatchSize = 12, Shards = 3, Trainers = 1, Epochs = 2 };

        await _worker.RunAsync(() =>
        {
            using var trainer = new Trainer(parallel, new SingleTrainer(), CPU);
            var shards = Enumerable.Range(0, 3).Select(shard => new TrainingShard(_images, parallel, shard)).ToList();
            var plan = new TrainingPlan(parallel, smallestShard: 8);
            Assert.Equal(4, plan.Steps);
            for (var step = 0; step < plan.Steps; step++)
            {
                var position = plan.At(step);
                trainer.Step(position, ImageBatch.Concat([.. shards.Select(shard => shard.Batch(position.Epoch, position.StepInEpoch, 4))]));
            }

            var start = SmallFederation.Start(options);
            var federated = SmallFederation.Run(options, _images, rounds: 4);
            AssertClose(TrainerCheckpoint.Weights(trainer.Model), federated.Model, 1e-5);
            Assert.True(Distance(start.Model.Values("fc1.weight"), federated.Model.Values("fc1.weight")) > 1e-3);
        });
    }

    [Theory]
    [InlineData(TrainingMethod.Afa)]
    [InlineData(TrainingMethod.Supcon)]
    public async Task OneParticipant_IsARunOfItsOwn_ThroughTheChangeOfPhase(TrainingMethod method)
    {
        // A round is an epoch here, and there is one for each phase, so that the momentum starts anew in both alike.
        var options = SmallFederation.Options(method);
        options = options with { Participants = 1, Rounds = 1, LocalSteps = 0, Training = options.Training with { Optimizer = new() { LearningRate = 0.05 } } };
        var run = options.Training with { Shards = 1, Trainers = 1, Epochs = 1, Head = options.Training.Head with { Epochs = 1 } };

        await _worker.RunAsync(() =>
        {
            using var trainer = new Trainer(run, new SingleTrainer(), CPU);
            var shard = new TrainingShard(_images, run, 0);
            var plan = new TrainingPlan(run, smallestShard: 24);
            for (var step = 0; step < plan.Steps; step++)
            {
                var position = plan.At(step);
                trainer.Step(position, shard.Batch(position.Epoch, position.StepInEpoch, 4));
            }

            var federated = SmallFederation.Run(options, _images, rounds: 2);
            AssertClose(TrainerCheckpoint.Weights(trainer.Model), federated.Model, 1e-6);
            Assert.Equal((TrainingPhase.Head, 2, 2L), (federated.State.Phase, federated.State.Epoch, federated.State.Step));
        });
    }

    [Fact]
    public async Task FeatureRounds_LeaveTheOldHeadInTheModel_AndTheHeadRoundStartsAtZero()
    {
        var options = SmallFederation.Options(TrainingMethod.Afa) with { Participants = 1, Rounds = 1 };
        await _worker.RunAsync(() =>
        {
            var start = SmallFederation.Start(options);
            var features = SmallFederation.Run(options, _images, rounds: 1);
            Assert.Equal(start.Model.Values("fc2.weight"), features.Model.Values("fc2.weight"));
            Assert.NotEqual(start.Model.Values("fc1.weight"), features.Model.Values("fc1.weight"));

            var update = SmallFederation.Train(options, _images, [.. Enumerable.Range(0, 24)], features);
            var head = SmallFederation.Finish(options, features, [update]);
            var layout = UpdateLayout.Of(head.Model, options);
            var sent = layout.Unflatten(update.Values, head.Model);
            Assert.Equal(sent.Values("fc2.weight"), head.Model.Values("fc2.weight"));
            Assert.All(sent.Values("fc1.weight"), value => Assert.Equal(0, value));
        });
    }

    [Theory]
    [InlineData(StrategyKind.FedProx)]
    [InlineData(StrategyKind.Scaffold)]
    [InlineData(StrategyKind.FedAvg)]
    public async Task Run_Twice_GivesTheSameBits(StrategyKind strategy)
    {
        var options = SmallFederation.Options(TrainingMethod.PgdAt) with { LocalSteps = 2, Strategy = new() { Kind = strategy } };
        await _worker.RunAsync(() =>
        {
            var global = SmallFederation.Run(options, _images, rounds: 1);
            var own = SmallFederation.Train(options, _images, [1, 2, 3, 4, 5], SmallFederation.Start(options)).Own;
            var first = SmallFederation.Train(options, _images, [1, 2, 3, 4, 5], global, own: own);
            var second = SmallFederation.Train(options, _images, [1, 2, 3, 4, 5], global, own: own);
            Assert.Equal(first.Values, second.Values);
            Assert.Equal((first.Loss, 5, 2), (second.Loss, second.Images, second.Steps));
        });
    }

    [Fact]
    public async Task FedProx_SecondStep_HasTheProximalGradientWorkedByHand()
    {
        var options = SmallFederation.Options();
        const float mu = 2;
        await _worker.RunAsync(() =>
        {
            var start = SmallFederation.Start(options);
            int[] all = [.. Enumerable.Range(0, 24)];
            var one = SmallFederation.Train(options, _images, all, start).Values;
            var two = SmallFederation.Train(options with { LocalSteps = 2 }, _images, all, start).Values;
            var proximal = SmallFederation.Train(options with { LocalSteps = 2, Strategy = new() { Kind = StrategyKind.FedProx, ProximalMu = mu } }, _images, all, start).Values;

            // The first step stands at w_t, where the term has no gradient; the second has μ (w − w_t) more.
            Assert.All(proximal.Zip(two, one), triple => Assert.Equal(triple.Second - LearningRate * mu * triple.Third, triple.First, 1e-6f));
        });
    }

    [Fact]
    public async Task FedProx_StrongPull_StaysNearTheGlobalModel()
    {
        // Steps so short that twelve go twelve times as far as one, unless each is taken back by the next: 1 − η μ is 0.
        const double learningRate = 0.005;
        var options = SmallFederation.Options();
        options = options with { LocalSteps = 12, Training = options.Training with { Optimizer = options.Training.Optimizer with { LearningRate = learningRate } } };
        await _worker.RunAsync(() =>
        {
            var start = SmallFederation.Start(options);
            int[] all = [.. Enumerable.Range(0, 24)];
            var free = SmallFederation.Train(options, _images, all, start).Values;
            var pulled = SmallFederation.Train(options with { Strategy = new() { Kind = StrategyKind.FedProx, ProximalMu = 1 / learningRate } }, _images, all, start).Values;
            Assert.True(Norm(pulled) < 0.3 * Norm(free), $"{Norm(pulled)} against {Norm(free)}.");
        });
    }

    [Fact]
    public async Task Scaffold_OneStep_IsAsAlgorithm1SaysIt()
    {
        var plain = SmallFederation.Options();
        var options = plain with { Strategy = new() { Kind = StrategyKind.Scaffold } };
        await _worker.RunAsync(() =>
        {
            var plan = ParticipantPlan.Train(_images, options);
            var start = SmallFederation.Start(options);
            var first = plan.Select((indices, participant) => SmallFederation.Train(options, _images, indices, start, participant)).ToList();
            var global = SmallFederation.Finish(options, start, first);
            var layout = UpdateLayout.Of(global.Model, options);
            var length = (int)layout.ParameterLength;

            // From c = cᵢ = 0: yᵢ − x = −η gᵢ and cᵢ⁺ = gᵢ; with all taking part, c is the mean of all cᵢ.
            Assert.All(first, update => Assert.All(Enumerable.Range(0, length), i => Assert.Equal(-update.Values[i] / LearningRate, update.Values[length + i], 1e-5f)));
            var (own, other, server) = (Controls(first[0].Own!), Controls(first[1].Own!), Controls(global));
            Assert.Equal(first[0].Values[length..], own);
            Assert.All(Enumerable.Range(0, length), i => Assert.Equal((own[i] + other[i]) / 2, server[i], 1e-6f));

            // Then yᵢ − x = −η (gᵢ' + c − cᵢ) and Δcᵢ = gᵢ' − cᵢ, with gᵢ' from a plain step from the same model.
            var second = SmallFederation.Train(options, _images, plan[0], global, own: first[0].Own).Values;
            var gradient = SmallFederation.Train(plain, _images, plan[0], global).Values.Select(value => -value / LearningRate).ToArray();
            Assert.All(Enumerable.Range(0, length), i =>
            {
                Assert.Equal(-LearningRate * (gradient[i] + server[i] - own[i]), second[i], 1e-6f);
                Assert.Equal(gradient[i] - own[i], second[length + i], 1e-4f);
            });

            float[] Controls(Checkpoint checkpoint) => [.. layout.Parameters.SelectMany(parameter => checkpoint.Optimizer!.Values(parameter.Name + ".control"))];
        });
    }

    [Fact]
    public async Task Scaffold_OfEqualParticipants_IsFedAvg()
    {
        var plain = SmallFederation.Options() with { LocalSteps = 2 };
        var options = plain with { Strategy = new() { Kind = StrategyKind.Scaffold } };
        await _worker.RunAsync(() =>
        {
            var (corrected, averaged) = (SmallFederation.Start(options), SmallFederation.Start(plain));
            Checkpoint? own = null;
            for (var round = 0; round < 2; round++)
            {
                var update = SmallFederation.Train(options, _images, [0, 1, 2, 3, 4, 5, 6, 7], corrected, own: own);
                own = update.Own;
                corrected = SmallFederation.Finish(options, corrected, [update, update]);
                var same = SmallFederation.Train(plain, _images, [0, 1, 2, 3, 4, 5, 6, 7], averaged);
                averaged = SmallFederation.Finish(plain, averaged, [same, same]);
            }

            AssertClose(averaged.Model, corrected.Model, 1e-6);
        });
    }

    [Theory]
    [InlineData(false, 0.29)]   // 0.1 · 1 + 0.1 · 1.9.
    [InlineData(true, 0.461)]   // 0.1 · (1 + 0.9 · 1) + 0.1 · (1 + 0.9 · 1.9).
    public void Control_WithMomentum_IsTheConstantGradient(bool nesterov, float reach)
    {
        var options = SmallFederation.Options() with { Strategy = new() { Kind = StrategyKind.Scaffold } };
        var start = SmallFederation.Start(options);
        var layout = UpdateLayout.Of(start.Model, options);
        var control = new ControlVariates(layout, TrainingPhase.Training, start, own: null, new() { Momentum = 0.9, Nesterov = nesterov });
        control.Updated(0.1);
        control.Updated(0.1);

        var update = new float[layout.ModelLength];
        Array.Fill(update, -reach * 3);
        Assert.All(control.Change(update), value => Assert.Equal(3, value, 1e-5f));
    }

    [Fact]
    public async Task FedBn_NormalizationStaysWithTheParticipant_AndComesBack()
    {
        var options = SmallFederation.Options();
        options = options with { LocalSteps = 2, Training = options.Training with { Model = "resnet-18", ModelWidth = 0.0625 }, Strategy = new() { Kind = StrategyKind.FedBn } };
        await _worker.RunAsync(() =>
        {
            var start = SmallFederation.Start(options);
            var layers = start.Model.Keys.Where(name => name.EndsWith(".running_mean", StringComparison.Ordinal)).Select(name => name[..^"running_mean".Length]).ToList();
            var normalization = start.Model.Keys.Where(name => layers.Exists(layer => name.StartsWith(layer, StringComparison.Ordinal))).Order().ToList();
            Assert.Equal(start.Model.Keys.Except(normalization).Order(), UpdateLayout.Of(start.Model, options).Tensors.Select(tensor => tensor.Name).Order());

            var first = SmallFederation.Train(options, _images, [0, 1, 2, 3, 4, 5, 6, 7], start);
            Assert.Equal(normalization, first.Own!.Model.Keys.Order());
            var global = SmallFederation.Finish(options, start, [first]);
            Assert.All(normalization, name => Assert.Equal(start.Model[name].Data.ToArray(), global.Model[name].Data.ToArray()));

            // The counter of batches shows that the layers are those of the last round.
            var second = SmallFederation.Train(options, _images, [0, 1, 2, 3, 4, 5, 6, 7], global, own: first.Own);
            Assert.Equal(2, BitConverter.ToInt64(first.Own.Model["bn1.num_batches_tracked"].Data.Span));
            Assert.Equal(4, BitConverter.ToInt64(second.Own!.Model["bn1.num_batches_tracked"].Data.Span));
            Assert.NotEqual(SmallFederation.Train(options, _images, [0, 1, 2, 3, 4, 5, 6, 7], global).Values, second.Values);
        });
    }

    [Fact]
    public async Task Own_StoredAndLoaded_GoesOnWithTheSameBits()
    {
        var options = SmallFederation.Options() with { Strategy = new() { Kind = StrategyKind.Scaffold } };
        var store = new CheckpointStore(new MemoryBlobStore());
        var start = SmallFederation.Start(options);
        var first = await _worker.RunAsync(() => SmallFederation.Train(options, _images, [0, 1, 2, 3, 4], start));
        var global = SmallFederation.Finish(options, start, [first]);
        await store.SaveAsync("federations/small/own", first.Own!, TestContext.Current.CancellationToken);
        await store.SaveAsync("federations/small/round-1", global, TestContext.Current.CancellationToken);
        var own = await store.LoadAsync("federations/small/own", TestContext.Current.CancellationToken);
        var stored = await store.LoadAsync("federations/small/round-1", TestContext.Current.CancellationToken);

        await _worker.RunAsync(() => Assert.Equal(
            SmallFederation.Train(options, _images, [0, 1, 2, 3, 4], global, own: first.Own).Values,
            SmallFederation.Train(options, _images, [0, 1, 2, 3, 4], stored, own: own).Values));
    }

    [Fact]
    public async Task FewImages_AreOneBatch_AndOneIsRefused()
    {
        var options = SmallFederation.Options() with { LocalSteps = 0, LocalEpochs = 3 };
        await _worker.RunAsync(() =>
        {
            var start = SmallFederation.Start(options);
            Assert.Equal((3, 3), Shape(SmallFederation.Train(options, _images, [4, 5, 6], start)));
            Assert.Equal((9, 6), Shape(SmallFederation.Train(options, _images, [.. Enumerable.Range(0, 9)], start)));
            Assert.Contains("at least 2 images", Assert.Throws<ArgumentException>(() => SmallFederation.Train(options, _images, [4], start)).Message, StringComparison.Ordinal);
        });

        static (int, int) Shape(LocalUpdate update) => (update.Images, update.Steps);
    }

    [Fact]
    public async Task LabelFlipper_TrainsAsOnImagesWithOtherLabels()
    {
        var options = SmallFederation.Options() with { Attackers = new() { Count = 1, Kind = Afa.Federation.Attackers.AttackerKind.LabelFlip } };
        var flipped = SmallFederation.Images(24, labelOf: i => 9 - i % 10);
        await _worker.RunAsync(() =>
        {
            var start = SmallFederation.Start(options);
            int[] all = [.. Enumerable.Range(0, 24)];
            var attack = SmallFederation.Train(options, _images, all, start, isAttacker: true).Values;
            Assert.Equal(SmallFederation.Train(options, flipped, all, start).Values, attack);
            Assert.NotEqual(SmallFederation.Train(options, _images, all, start).Values, attack);
        });
    }

    [Fact]
    public async Task Run_Cancelled_Ends()
    {
        var options = SmallFederation.Options() with { LocalSteps = 1000 };
        await _worker.RunAsync(() =>
        {
            using var ending = new CancellationTokenSource();
            var shares = new List<double>();
            Assert.Throws<OperationCanceledException>(() => LocalTraining.Run(
                new() { Options = options, Participant = 0, Round = 0, Global = SmallFederation.Start(options), Images = _images, Indices = [0, 1, 2, 3], Device = CPU },
                share =>
                {
                    shares.Add(share);
                    ending.Cancel();
                },
                ending.Token));
            Assert.Equal([0.001], shares);
        });
    }

    [Theory]
    [InlineData(StrategyKind.FedProx)]
    [InlineData(StrategyKind.Scaffold)]
    public async Task Run_Repeatedly_LeavesNoTensor(StrategyKind strategy)
    {
        var options = SmallFederation.Options() with { Strategy = new() { Kind = strategy } };
        await _worker.RunAsync(() =>
        {
            SmallFederation.Run(options, _images, rounds: 1);
            var before = Alive();
            SmallFederation.Run(options, _images, rounds: 1);

            // A Parameter takes over the handle of the tensor that it is made of, which TorchSharp counts as alive for ever; nothing may come on top of them.
            var grown = Alive() - before;
            SmallFederation.Run(options, _images, rounds: 1);
            Assert.Equal(0, grown);
            Assert.Equal(0, Alive() - before);
        });

        static long Alive() => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
    }

    private static void AssertClose(IReadOnlyDictionary<string, TensorRecord> expected, IReadOnlyDictionary<string, TensorRecord> actual, double tolerance)
    {
        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
        foreach (var name in expected.Keys)
        {
            var distance = Distance(expected.Values(name), actual.Values(name));
            Assert.True(distance <= tolerance, $"{name} differs by {distance}.");
        }
    }

    private static double Distance(float[] a, float[] b) => a.Zip(b, (x, y) => Math.Abs((double)x - y)).Max();

    private static double Norm(float[] values) => Math.Sqrt(values.Sum(value => (double)value * value));
}
