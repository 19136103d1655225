using Afa.Training;

namespace Afa.Benchmarks;

/// <summary>What one line of the table measures: a network and a method, with 128 images of a step over all trainers.</summary>
internal sealed record BenchmarkLine(string Name, TrainingOptions Options)
{
    public const int Batch = 128;

    /// <summary>All lines, in the order of pytorch_training.py and with its names.</summary>
    public static IReadOnlyList<BenchmarkLine> All { get; } =
    [
        .. from network in new[] { ("small-cnn", "fashion-mnist", "small-cnn", 1.0, "0.1"), ("resnet-18/4", "cifar-10", "resnet-18", 0.25, "8/255") }
           from method in new[] { ("CE", TrainingMethod.Ce, 1), ("PGD-7", TrainingMethod.PgdAt, 7), ("TRADES-10", TrainingMethod.Trades, 10), ("AFA-10", TrainingMethod.Afa, 10) }
           select Create(network, method),
    ];

    private static BenchmarkLine Create(
        (string Name, string Dataset, string Model, double Width, string Epsilon) network, (string Name, TrainingMethod Kind, int Steps) method) =>
        new($"{network.Name} {method.Name}", new TrainingOptions
        {
            Method = method.Kind,
            Dataset = network.Dataset,
            Model = network.Model,
            ModelWidth = network.Width,
            BatchSize = Batch,
            Attack = new InnerAttackOptions { Epsilon = network.Epsilon, Steps = method.Steps },
            Optimizer = new OptimizerOptions { LearningRate = 0.01, Nesterov = false, GradientClip = 0 },
        });
}
