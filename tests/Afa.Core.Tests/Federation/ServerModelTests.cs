using Afa.Checkpoints;
using Afa.Federation;
using Afa.Training;
using Xunit;

namespace Afa.Tests.Federation;

public class ServerModelTests
{
    /// <summary>The aggregate of every coordinate in three rounds.</summary>
    private static readonly float[] s_rounds = [0.1f, -0.2f, 0.3f];

    [Theory]
    [InlineData(StrategyKind.FedAvg, 0.5, 0.1)]        // Half of 0.1 − 0.2 + 0.3.
    [InlineData(StrategyKind.FedAvg, null, 0.2)]
    [InlineData(StrategyKind.FedProx, null, 0.2)]
    [InlineData(StrategyKind.FedAvgM, 0.5, 0.0955)]    // v = 0.1, −0.11, 0.201 with β = 0.9.
    [InlineData(StrategyKind.FedAdam, null, 0.0095827)]   // m = 0.01, −0.011, 0.0201; v = 1.0099e-4, 4.9998e-4, 1.39498e-3; steps 0.00905028, −0.00470886, 0.00524128.
    public void ThreeRounds_MoveParametersAsWorkedByHand_AndStatisticsPlainly(StrategyKind strategy, double? learningRate, double expected)
    {
        var options = SmallFederation.Options();
        options = options with { Training = options.Training with { Model = "resnet-18", ModelWidth = 0.0625 }, Strategy = new() { Kind = strategy, ServerLearningRate = learningRate } };
        var start = SmallFederation.Start(options);
        var global = start;
        foreach (var delta in s_rounds)
        {
            var server = new ServerModel(global, options);
            var aggregate = new float[server.Layout.Length];
            Array.Fill(aggregate, delta);
            for (var offset = 0; offset < aggregate.Length; offset += 1000)
            {
                server.Apply(offset, aggregate.AsSpan(offset, Math.Min(1000, aggregate.Length - offset)), delivered: 2);
            }

            Assert.Equal(Math.Abs(delta) * Math.Sqrt(aggregate.Length), server.UpdateNorm, 1e-4);
            global = server.Finish("small", global.State.Epoch + 1, "parent", new Dictionary<string, double> { ["loss"] = delta }, SmallFederation.Now);
        }

        Assert.Equal((3, 3L, "parent", "small"), (global.State.Epoch, global.State.Step, global.State.Parent, global.State.Run));
        foreach (var (name, before) in start.Model.Where(entry => entry.Value.ElementType == TorchSharp.torch.ScalarType.Float32))
        {
            var moved = global.Model.Values(name).Zip(start.Model.Values(name), (after, value) => (double)after - value);
            Assert.All(moved, value => Assert.Equal(name.Contains("running_", StringComparison.Ordinal) ? 0.2 : expected, value, 1e-6));
        }

        Assert.Equal(start.Model["bn1.num_batches_tracked"].Data.ToArray(), global.Model["bn1.num_batches_tracked"].Data.ToArray());
    }

    /// <summary>Against the equations one value at a time; slices end in the middle of tensors and of blocks.</summary>
    [Theory]
    [InlineData(StrategyKind.FedAvg)]
    [InlineData(StrategyKind.FedAvgM)]
    [InlineData(StrategyKind.FedAdam)]
    [InlineData(StrategyKind.Scaffold)]
    public void TwoRoundsOfRandomAggregates_AreTheEquationsValueByValueToTheBit(StrategyKind kind)
    {
        var options = SmallFederation.Options();
        options = options with { Participants = 8, Strategy = new() { Kind = kind, ServerLearningRate = 0.3 } };
        var strategy = options.Strategy;
        var global = SmallFederation.Start(options);
        var layout = UpdateLayout.Of(global.Model, options);
        var expected = layout.Flatten(global.Model);
        var random = new Random(11);
        var (first, second, control) = (new float[expected.Length], new float[expected.Length], new float[expected.Length]);
        Array.Fill(second, (float)(strategy.Tau * strategy.Tau));
        for (var round = 0; round < 2; round++)
        {
            var aggregate = Enumerable.Range(0, (int)layout.Length).Select(_ => (float)((random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-4, 2)))).ToArray();
            var server = new ServerModel(global, options);
            for (var offset = 0; offset < aggregate.Length; offset += 777)
            {
                server.Apply(offset, aggregate.AsSpan(offset, Math.Min(777, aggregate.Length - offset)), delivered: 3);
            }

            for (var i = 0; i < expected.Length; i++)   // The small CNN has parameters alone.
            {
                double delta = aggregate[i];
                var step = 0.3 * delta;
                if (kind == StrategyKind.FedAvgM)
                {
                    first[i] = (float)(strategy.ServerMomentum * first[i] + delta);
                    step = 0.3 * first[i];
                }
                else if (kind == StrategyKind.FedAdam)
                {
                    first[i] = (float)(strategy.Beta1 * first[i] + (1 - strategy.Beta1) * delta);
                    second[i] = (float)(strategy.Beta2 * second[i] + (1 - strategy.Beta2) * delta * delta);
                    step = 0.3 * first[i] / (Math.Sqrt(second[i]) + strategy.Tau);
                }
                else if (kind == StrategyKind.Scaffold)
                {
                    control[i] += 3f / 8 * aggregate[expected.Length + i];
                }

                expected[i] = (float)(expected[i] + step);
            }

            Assert.Equal(Math.Sqrt(aggregate.Take(expected.Length).Sum(value => (double)value * value)), server.UpdateNorm, 1e-9);
            global = server.Finish("small", round + 1, "parent", new Dictionary<string, double>(), SmallFederation.Now);
        }

        Assert.Equal(expected, layout.Flatten(global.Model));
        if (kind == StrategyKind.Scaffold)
        {
            Assert.Equal(control, layout.Parameters.SelectMany(tensor => global.Optimizer!.Values($"{tensor.Name}.control")));
        }
    }

    [Fact]
    public void NegativeVariance_IsTakenForZero()
    {
        var options = SmallFederation.Options();
        options = options with { Training = options.Training with { Model = "resnet-18", ModelWidth = 0.0625 } };
        var server = new ServerModel(SmallFederation.Start(options), options);
        var aggregate = new float[server.Layout.Length];
        Array.Fill(aggregate, -3);
        server.Apply(0, aggregate, delivered: 2);
        var end = server.Finish("small", 1, "parent", new Dictionary<string, double>(), SmallFederation.Now);

        Assert.All(end.Model.Values("bn1.running_var"), value => Assert.Equal(0, value));
        Assert.All(end.Model.Values("bn1.running_mean"), value => Assert.Equal(-3, value));
    }

    [Fact]
    public void Start_IsTheModelThatARunStartsFrom_AndSaysWhatItIs()
    {
        var options = SmallFederation.Options(TrainingMethod.Afa);
        using var trainer = new Trainer(options.LocalTraining(), new SingleTrainer(), TorchSharp.torch.CPU);
        var start = SmallFederation.Start(options);

        Assert.All(TrainerCheckpoint.Weights(trainer.Model), entry => Assert.Equal(entry.Value.Data.ToArray(), start.Model[entry.Key].Data.ToArray()));
        var stored = System.Text.Json.JsonSerializer.Deserialize<TrainingOptions>(start.State.Options!.Value, AfaJson.Options)!;
        Assert.Equal((options.TotalRounds, TrainingPhase.Features, 0), (stored.TotalEpochs(), start.State.Phase, start.State.Epoch));
    }

    [Fact]
    public void Scaffold_PartOfTheParticipants_MovesTheControlByTheirShare()
    {
        var options = SmallFederation.Options() with { Participants = 8, Strategy = new() { Kind = StrategyKind.Scaffold } };
        var start = SmallFederation.Start(options);
        var server = new ServerModel(start, options);
        var aggregate = new float[server.Layout.Length];
        Array.Fill(aggregate, 4);
        Assert.Equal(2 * server.Layout.ModelLength, server.Layout.Length);   // The small CNN has no statistics.
        server.Apply(0, aggregate, delivered: 2);
        var end = server.Finish("small", 1, "parent", new Dictionary<string, double>(), SmallFederation.Now);

        Assert.All(end.Optimizer!, entry => Assert.EndsWith(".control", entry.Key, StringComparison.Ordinal));
        Assert.All(end.Optimizer!.Values("fc1.weight.control"), value => Assert.Equal(1, value));   // 2 / 8 · 4.
    }

    [Fact]
    public void WhatThePhaseDoesNotTrain_StaysWhateverArrives_AndMomentaEndWithIt()
    {
        var options = SmallFederation.Options(TrainingMethod.Afa) with { Rounds = 1, HeadRounds = 2, Strategy = new() { Kind = StrategyKind.FedAvgM } };
        var start = SmallFederation.Start(options);
        var features = Round(start);
        var head = Round(features);
        var last = Round(head);

        Assert.Equal(start.Model.Values("fc2.weight"), features.Model.Values("fc2.weight"));
        Assert.Equal(features.Model.Values("fc1.weight"), last.Model.Values("fc1.weight"));
        Assert.All(head.Model.Values("fc2.weight"), value => Assert.Equal(1, value));
        Assert.All(last.Model.Values("fc2.weight"), value => Assert.Equal(1 + 1.9f, value, 1e-6f));
        Assert.All(head.Optimizer!.Values("fc1.weight.server-momentum"), value => Assert.Equal(0, value));

        Checkpoint Round(Checkpoint global)
        {
            var server = new ServerModel(global, options);
            var ones = new float[server.Layout.Length];
            Array.Fill(ones, 1);
            server.Apply(0, ones, 2);
            return server.Finish("small", global.State.Epoch + 1, "parent", new Dictionary<string, double>(), SmallFederation.Now);
        }
    }

    [Fact]
    public void Slices_ThatDoNotFit_AreRefused()
    {
        var options = SmallFederation.Options();
        var server = new ServerModel(SmallFederation.Start(options), options);
        Assert.Throws<ArgumentOutOfRangeException>(() => server.Apply(server.Layout.Length, [1], 2));
        Assert.Contains("not finite", Assert.Throws<ArgumentException>(() => server.Apply(0, [1, float.NaN], 2)).Message, StringComparison.Ordinal);
        server.Apply(0, [1], 2);
        Assert.Contains("but 1 were applied", Assert.Throws<InvalidOperationException>(() => server.Finish("small", 1, "", new Dictionary<string, double>(), SmallFederation.Now)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Flatten_AndBack_IsTheSameModel()
    {
        var options = SmallFederation.Options();
        var start = SmallFederation.Start(options);
        var layout = UpdateLayout.Of(start.Model, options);
        var back = layout.Unflatten(layout.Flatten(start.Model), SmallFederation.Start(options with { Training = options.Training with { Seed = 8 } }).Model);

        Assert.All(start.Model, entry => Assert.Equal(entry.Value.Data.ToArray(), back[entry.Key].Data.ToArray()));
        Assert.Contains("belongs to another federation", Assert.Throws<ArgumentException>(() => UpdateLayout.Of(start.Model, options with { Training = options.Training with { ModelWidth = 0.25 } })).Message, StringComparison.Ordinal);
    }
}
