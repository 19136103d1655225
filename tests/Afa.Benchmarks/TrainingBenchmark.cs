using System.Diagnostics;
using Afa.Compute;
using Afa.Data;
using Afa.Training;

namespace Afa.Benchmarks;

/// <summary>Times the project's training step on random images: one trainer for each slot, one thread each.</summary>
internal static class TrainingBenchmark
{
    /// <summary>Runs steps for a while.</summary>
    /// <returns>Images of the training set per second, attack included: the median over the steps.</returns>
    public static async Task<double> ImagesPerSecondAsync(BenchmarkLine line, int slots, TimeSpan duration)
    {
        using var pool = new DevicePool(slots, threads: Math.Max(1, Environment.ProcessorCount / slots));
        using var barrier = new Barrier(slots);
        using var failure = new CancellationTokenSource();
        var contributions = new byte[slots][];
        var durations = await Task.WhenAll(Enumerable.Range(0, slots).Select(rank =>
            pool.Lease().Worker.RunAsync(() =>
            {
                try
                {
                    return TimeSteps(line, new BarrierCollective(rank, barrier, contributions, failure.Token), duration);
                }
                catch
                {
                    failure.Cancel();
                    throw;
                }
            })));
        var sorted = durations[0].Order().ToArray();
        return BenchmarkLine.Batch / sorted[sorted.Length / 2].TotalSeconds;
    }

    private static List<TimeSpan> TimeSteps(BenchmarkLine line, BarrierCollective collective, TimeSpan duration)
    {
        using var trainer = new Trainer(line.Options, collective, TorchSharp.torch.CPU);
        var batch = RandomBatch(line.Options, collective.Rank, BenchmarkLine.Batch / collective.Count);
        var plan = new TrainingPlan(line.Options with { Epochs = 100_000 }, BenchmarkLine.Batch);

        var durations = new List<TimeSpan>();
        var begin = Stopwatch.GetTimestamp();
        var isOver = false;
        for (var step = 0L; !isOver; step++)
        {
            collective.Wait();
            var stepBegin = Stopwatch.GetTimestamp();
            trainer.Step(plan.At(step), batch);
            if (step > 0)   // The first step compiles.
            {
                durations.Add(Stopwatch.GetElapsedTime(stepBegin));
            }

            // All trainers must stop at the same step, so all hear rank 0.
            var answer = collective.AllGather(new[] { (byte)(durations.Count >= 3 && Stopwatch.GetElapsedTime(begin) > duration ? 1 : 0) });
            isOver = answer[0].Span[0] == 1;
        }

        return durations;
    }

    private static ImageBatch RandomBatch(TrainingOptions options, int rank, int count)
    {
        var model = options.ModelOptions();
        var random = new Random(rank);
        var pixels = new byte[count * model.Channels * model.Height * model.Width];
        random.NextBytes(pixels);
        var labels = Enumerable.Range(0, count).Select(_ => (long)random.Next(model.Classes)).ToArray();
        return new ImageBatch(pixels, labels, [.. Enumerable.Range(rank * count, count)], model.Channels, model.Height, model.Width);
    }
}
