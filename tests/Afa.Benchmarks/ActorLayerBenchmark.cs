using System.Diagnostics;
using System.Text.Json;
using Afa.Compute;
using Afa.Data;
using Afa.Grains;
using Afa.Silo;
using Afa.Training;

namespace Afa.Benchmarks;

/// <summary>Compares an epoch through the grains with the same epoch in a plain loop, in turn, on the same images.</summary>
internal static class ActorLayerBenchmark
{
    private static readonly (string Name, TrainingOptions Options)[] Cases =
    [
        ("small-cnn CE", Options(TrainingMethod.Ce, 1, trainImages: 12_800)),
        ("small-cnn AFA-5", Options(TrainingMethod.Afa, 5, trainImages: 3_840)),
    ];

    public static async Task RunAsync(int rounds)
    {
        var store = Directory.CreateTempSubdirectory("afa-benchmark-");
        try
        {
            var dataset = DatasetLoader.Load("fashion-mnist", DataSplit.Train);
            Console.WriteLine("milliseconds a step: median over the rounds, batch 128, two trainers");
            foreach (var (name, options) in Cases)
            {
                var (plain, grains, ratios) = (new List<double>(), new List<double>(), new List<double>());
                for (var round = 0; round < rounds; round++)
                {
                    plain.Add(await PlainStepAsync(options, dataset));
                    grains.Add(await GrainStepAsync(store.FullName, $"run-{Guid.NewGuid():N}", options));
                    ratios.Add(grains[^1] / plain[^1]);
                }

                Console.WriteLine($"{name,-18} plain loop {Median(plain),8:F2}   grains {Median(grains),8:F2}   ratio {Median(ratios):F3} ({ratios.Min():F3} to {ratios.Max():F3})");
            }
        }
        finally
        {
            store.Delete(recursive: true);
        }
    }

    private static TrainingOptions Options(TrainingMethod method, int steps, int trainImages) => new()
    {
        Method = method,
        TrainImages = trainImages,
        BatchSize = BenchmarkLine.Batch,
        Epochs = 2,
        Head = new HeadOptions { Epochs = 1 },
        Attack = new InnerAttackOptions { Steps = steps },
    };

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    /// <summary>Times the second epoch; the first one warms up.</summary>
    private static async Task<double> GrainStepAsync(string store, string run, TrainingOptions options)
    {
        await using var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Store = store });
        await silo.Control.StartTrainingAsync(run, JsonSerializer.Serialize(options, AfaJson.Options));
        TrainingRunStatus status;
        do
        {
            await Task.Delay(200);
            status = (await silo.Control.GetTrainingAsync(run))!;
        }
        while (status.State == RunState.Running);

        return status.State == RunState.Completed
            ? status.History[1].Seconds * 1000 * status.Epochs / status.Steps
            : throw new InvalidOperationException(status.Message);
    }

    private static async Task<double> PlainStepAsync(TrainingOptions options, ImageDataset dataset)
    {
        var shards = Enumerable.Range(0, options.Shards).Select(shard => new TrainingShard(dataset, options, shard)).ToArray();
        var plan = new TrainingPlan(options, TrainingShard.Plan(dataset, options).Min(shard => shard.Length));
        using var pool = new DevicePool(options.Trainers, threads: 1);
        using var barrier = new Barrier(options.Trainers);
        var contributions = new byte[options.Trainers][];
        var seconds = await Task.WhenAll(Enumerable.Range(0, options.Trainers).Select(rank => pool.Lease().Worker.RunAsync(() =>
        {
            var collective = new BarrierCollective(rank, barrier, contributions, CancellationToken.None);
            using var trainer = new Trainer(options, collective, TorchSharp.torch.CPU);
            var clock = new Stopwatch();
            for (var step = 0L; step < 2 * plan.StepsPerEpoch; step++)
            {
                if (step == plan.StepsPerEpoch)
                {
                    collective.Wait();
                    clock.Start();
                }

                var position = plan.At(step);
                trainer.Step(position, shards[rank].Batch(position.Epoch, position.StepInEpoch, plan.ImagesPerShard));
            }

            return clock.Elapsed.TotalSeconds;
        })));
        return seconds[0] * 1000 / plan.StepsPerEpoch;
    }
}
