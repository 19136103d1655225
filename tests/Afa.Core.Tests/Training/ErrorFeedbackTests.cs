using Afa.Compute;
using Afa.Data;
using Afa.Training;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Training;

public sealed class ErrorFeedbackTests
{
    [Fact]
    public void Round_Values_GoesToTheNearest_TiesToEven()
    {
        // bfloat16 has 8 bits of precision: from 1 to 2 its values are 2⁻⁷ = 0.0078125 apart.
        using var scope = NewDisposeScope();
        using var gradient = tensor(new[] { 1f, 1 + 1 / 512f, 1 + 1 / 256f, 1 + 3 / 256f, 1 + 1 / 256f + 1 / 65536f, -1 - 3 / 256f, 257f, 0f });
        using var feedback = new ErrorFeedback(gradient);

        feedback.Round(gradient);

        Assert.Equal([1f, 1, 1, 1 + 4 / 256f, 1 + 2 / 256f, -1 - 4 / 256f, 256, 0], gradient.data<float>().ToArray());
        Assert.Equal([0f, 1 / 512f, 1 / 256f, -1 / 256f, -1 / 256f + 1 / 65536f, 1 / 256f, 1, 0], feedback.Residual.data<float>().ToArray());
    }

    [Fact]
    public void Round_SecondTime_AddsWhatWasLost()
    {
        using var scope = NewDisposeScope();
        using var gradient = tensor(new[] { 1 + 1 / 256f });
        using var feedback = new ErrorFeedback(gradient);
        feedback.Round(gradient);   // 1, and 1/256 is left.

        gradient.fill_(1 + 1 / 256f);
        feedback.Round(gradient);   // 1 + 2/256

        Assert.Equal(1 + 2 / 256f, gradient.item<float>());
        Assert.Equal(0f, feedback.Residual.item<float>());
    }

    [Theory]
    [InlineData(10)]
    [InlineData(1000)]
    public void Sum_OfManySteps_DiffersByOneResidualOfEachTrainer(int steps)
    {
        // Multiples of 2⁻¹² below 1: sums with a residual are exact in float32, so that nothing but the rounding to bfloat16 can add up.
        using var scope = NewDisposeScope();
        var random = new Random(3);
        ErrorFeedback[] feedbacks = [new(zeros(100)), new(zeros(100))];
        var (exact, rounded, plain) = (new double[100], new double[100], new double[100]);
        for (var step = 0; step < steps; step++)
        {
            using var inner = NewDisposeScope();
            foreach (var feedback in feedbacks)
            {
                var values = Enumerable.Range(0, 100).Select(i => (i + 1 + random.Next(2048)) / 4096f).ToArray();
                var gradient = tensor(values);
                var without = gradient.to(ScalarType.BFloat16).to(ScalarType.Float32).data<float>().ToArray();
                feedback.Round(gradient);
                var sent = gradient.data<float>().ToArray();
                for (var i = 0; i < 100; i++)
                {
                    exact[i] += values[i];
                    rounded[i] += sent[i];
                    plain[i] += without[i];
                }
            }
        }

        // Below 1 half a unit is 2⁻⁹ at most; of two trainers, twice that.
        double Largest(double[] sums) => exact.Zip(sums, (a, b) => Math.Abs(a - b)).Max();
        Assert.InRange(Largest(rounded), 0, 2 * Math.Pow(2, -9));
        if (steps == 1000)
        {
            Assert.True(Largest(plain) > 2 * Math.Pow(2, -9), $"Without feedback the sums differ by {Largest(plain)} only: the test cannot tell.");
        }

        foreach (var feedback in feedbacks)
        {
            feedback.Dispose();
        }
    }

    [Theory]
    [InlineData(TrainingMethod.Ce, 2)]
    [InlineData(TrainingMethod.FreeAt, 3)]
    [InlineData(TrainingMethod.Afa, 4)]   // Where the head phase begins.
    public async Task Trainers_RestoredFromACheckpoint_ContinueBitForBit_AndStayEqual(TrainingMethod method, int at)
    {
        var options = new TrainingOptions
        {
            Method = method,
            ModelWidth = 0.25,
            BatchSize = 16,
            Epochs = 1,
            Attack = new() { Steps = 1 },
            Head = new() { Epochs = 1 },
            Gradient = new() { Wire = Afa.Models.ComputePrecision.Bfloat16 },
        };
        var steps = (int)Plan(options).Steps;

        var straight = await RunAsync(options, 0, steps, null);
        var half = await RunAsync(options, 0, at, null);
        var resumed = await RunAsync(options, at, steps, half[0]);
        var forgetful = await RunAsync(options, at, steps, half[0] with { Optimizer = half[0].Optimizer!.Where(entry => !entry.Key.EndsWith(".residual", StringComparison.Ordinal)).ToDictionary() });

        Assert.Equal(2, half[0].Optimizer!.Keys.Count(name => name.EndsWith(".residual", StringComparison.Ordinal)));
        AssertSame(straight[0], straight[1]);
        AssertSame(straight[0], resumed[0]);
        AssertSame(resumed[0], resumed[1]);
        if (method != TrainingMethod.Afa)   // A phase begins without residuals.
        {
            Assert.Contains(straight[0].Model, entry => !entry.Value.Data.Span.SequenceEqual(forgetful[0].Model[entry.Key].Data.Span));
        }
    }

    private static TrainingPlan Plan(TrainingOptions options) => new(options, smallestShard: 4 * options.BatchSize / options.Shards);

    private static void AssertSame(Afa.Checkpoints.Checkpoint expected, Afa.Checkpoints.Checkpoint actual) =>
        Assert.All(expected.Model, entry => Assert.True(entry.Value.Data.Span.SequenceEqual(actual.Model[entry.Key].Data.Span), $"{entry.Key} differs."));

    private static async Task<Afa.Checkpoints.Checkpoint[]> RunAsync(TrainingOptions options, int from, int to, Afa.Checkpoints.Checkpoint? checkpoint)
    {
        DeviceWorker[] workers = [new("test-0", CPU, threads: 1), new("test-1", CPU, threads: 1)];
        try
        {
            return await Task.WhenAll(ThreadCollective.Create(2).Select(collective => workers[collective.Rank].RunAsync(() =>
            {
                using var trainer = new Trainer(options, collective, CPU);
                if (checkpoint is not null)
                {
                    TrainerCheckpoint.Restore(trainer, checkpoint);
                }

                for (var step = from; step < to; step++)
                {
                    trainer.Step(Plan(options).At(step), Batch(options, step).Slice(collective.Rank * 8, 8));
                }

                Assert.Throws<InvalidOperationException>(() => trainer.Residuals);   // A checkpoint without them would be false.
                Assert.True(trainer.GatherResiduals());
                Assert.True(trainer.GatherResiduals());   // Repeated, without the other.
                return TrainerCheckpoint.Capture(trainer, new()
                {
                    Run = "run",
                    Phase = trainer.Phase,
                    Epoch = 0,
                    Step = to,
                    ModelOptions = trainer.Model.Options,
                    CreatedAt = DateTimeOffset.UnixEpoch,
                });
            })));
        }
        finally
        {
            Array.ForEach(workers, worker => worker.Dispose());
        }
    }

    private static ImageBatch Batch(TrainingOptions options, int step)
    {
        var random = new Random(step);
        var pixels = new byte[options.BatchSize * 28 * 28];
        random.NextBytes(pixels);
        return new(pixels, [.. Enumerable.Range(0, options.BatchSize).Select(_ => random.NextInt64(10))], [.. Enumerable.Range(step * options.BatchSize, options.BatchSize)], 1, 28, 28);
    }
}
