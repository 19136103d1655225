using Afa.Evaluation;
using Afa.Grains;

namespace Afa.Client.Tests.Reports;

/// <summary>A small run and its evaluation, with figures that are easy to follow by hand.</summary>
internal static class SampleReport
{
    public static TrainingRunStatus Run() => new(
        "tuesday",
        RunState.Completed,
        """{"method":"afa","model":"small-cnn","dataDirectory":null,"optimizer":{"learningRate":0.1,"nesterov":true,"steps":[1,2]}}""",
        Phase: "head",
        Epoch: 5,
        Epochs: 5,
        Step: 200,
        Steps: 200,
        ImagesPerSecond: 0,
        TimeLeft: TimeSpan.Zero,
        Elapsed: TimeSpan.FromSeconds(94),
        History:
        [
            Features(epoch: 1, loss: 5.0, match: 0.3),
            Features(epoch: 2, loss: 4.5, match: 0.5),
            Features(epoch: 3, loss: 4.2, match: 0.6),
            Head(epoch: 4, loss: 1.0, clean: 0.7, robust: 0.5),
            Head(epoch: 5, loss: 0.8, clean: 0.8, robust: 0.6),
        ],
        Checkpoint: "tuesday/epoch-5",
        Recoveries: 0,
        CreatedAt: new DateTimeOffset(2026, 11, 22, 14, 0, 0, TimeSpan.Zero),
        Message: null,
        LastLoss: 0.8);

    public static EvaluationResult Evaluation() => new()
    {
        Checkpoint = "tuesday/epoch-5",
        Model = "small-cnn",
        Dataset = "fashion-mnist",
        Split = "test",
        Norm = "linf",
        Epsilon = "8/255",
        Images = 20,
        Seed = ulong.MaxValue,
        CreatedAt = new DateTimeOffset(2026, 11, 22, 15, 0, 0, TimeSpan.Zero),
        Seconds = 18,
        Environment = "libtorch 2.10, 2 threads",
        Attacks =
        [
            new("clean", 16, 20, 0.774, 0.824, 0.1, [new("Shirt", 7, 10), new("Coat", 9, 10)]),
            new("fgsm", 13, 20, 0.62, 0.679, 0.5, [new("Shirt", 7, 10), new("Coat", 6, 10)]),
            new("pgd-20", 12, 20, 0.569, 0.630, 12.5, [new("Shirt", 7, 10), new("Coat", 5, 10)]),
            new("worst-case", 11, 20, 0.519, 0.581, 0, [new("Shirt", 7, 10), new("Coat", 4, 10)]),
        ],
        Examples =
        [
            new(3, 1, 2, 3, [0, 50, 100, 150, 200, 255], [128, 128, 1, 255, 128, 128], [0, 50, 90, 160, 200, 255], "Shirt", "Shirt", "Coat"),
            new(4, 3, 1, 2, [255, 0, 0, 0, 0, 255], [128, 128, 128, 128, 128, 128], [255, 0, 0, 0, 0, 255], "Coat", "Coat", "Coat"),
        ],
    };

    private static EpochMetrics Features(int epoch, double loss, double match) => new(
        "features", epoch, loss, null, null, match, 0.1, 10, new Dictionary<string, double> { ["update"] = 2, ["attack"] = 6, ["data"] = 1 });

    private static EpochMetrics Head(int epoch, double loss, double clean, double robust) => new(
        "head", epoch, loss, clean, robust, null, 0.01, 2, new Dictionary<string, double> { ["data"] = 0.5, ["backward"] = 1 });
}
