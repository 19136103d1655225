using System.Diagnostics;
using Afa.Compute;
using Afa.Data;
using Afa.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Training;

/// <summary>Counts the tensors and the memory of the whole process, so no other test may run meanwhile.</summary>
[CollectionDefinition(nameof(TrainerMemoryTests), DisableParallelization = true)]
[Collection(nameof(TrainerMemoryTests))]
public class TrainerMemoryTests
{
    private const int WarmUp = 100;
    private const int Steps = 1000;

    [Theory]
    [InlineData(TrainingMethod.Afa)]
    [InlineData(TrainingMethod.AfaTrades)]
    [InlineData(TrainingMethod.FreeAt)]
    [InlineData(TrainingMethod.PgdAt, 0.01)]
    public async Task Step_ThousandTimes_LeavesNoTensorAliveAndMemoryFlat(TrainingMethod method, double awpGamma = 0)
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("AFA_LONG_TESTS") == "1" || method is TrainingMethod.Afa or TrainingMethod.AfaTrades, "AFA_LONG_TESTS is not 1.");

        // Tensors that other tests left to the garbage collector must not vanish while these are counted.
        Collect();
        var before = Tensor.TotalCount;
        using (var worker = new DeviceWorker("test", CPU, threads: 1))
        {
            await worker.RunAsync(() => TrainThousandSteps(method, awpGamma));
        }

        // A Parameter takes over the handle of the tensor that it is made of, which TorchSharp counts as alive for ever: one for each of the 12 parameters.
        Collect();
        Assert.InRange(Tensor.TotalCount, 0, before + 12);
    }

    private static void TrainThousandSteps(TrainingMethod method, double awpGamma)
    {
        // For AFA 500 steps of the features and 500 of the head.
        var options = new TrainingOptions
        {
            Method = method,
            AwpGamma = awpGamma,
            FreeReplays = 2,
            ModelWidth = 0.0625,
            BatchSize = 4,
            Epochs = method == TrainingMethod.Afa ? 5 : 10,
            Attack = new() { Steps = 1 },
            Head = new() { Epochs = 5, Images = HeadImages.Adversarial },
            WeightAverage = 0.9,
        };
        var plan = new TrainingPlan(options, smallestShard: 200);
        Assert.Equal(Steps, plan.Steps);
        var pixels = new byte[4 * 28 * 28];
        new Random(1).NextBytes(pixels);
        var batch = new ImageBatch(pixels, [0, 1, 0, 1], [0, 1, 2, 3], 1, 28, 28);

        using (var trainer = new Trainer(options, new SingleTrainer(), CPU))
        {
            Run(trainer, plan, batch, 0, WarmUp);
            var (alive, aliveHere, memory) = (Tensor.TotalCount, AliveOnThisThread(), Memory());

            Run(trainer, plan, batch, WarmUp, Steps / 2);
            Assert.Equal(alive, Tensor.TotalCount);
            Assert.Equal(aliveHere, AliveOnThisThread());   // Counts those too that the garbage collector found.

            Run(trainer, plan, batch, Steps / 2, Steps);
            Assert.InRange(Memory() - memory, long.MinValue, 32L << 20);   // A tensor of 4 images leaked in each step would be 11 MiB, and managed memory comes and goes.
        }
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    private static void Run(Trainer trainer, TrainingPlan plan, ImageBatch batch, int from, int to)
    {
        for (var step = from; step < to; step++)
        {
            trainer.Step(plan.At(step), batch);
        }
    }

    private static long AliveOnThisThread() => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

    private static long Memory()
    {
        GC.Collect();
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
