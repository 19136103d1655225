using Afa.Attacks;
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

    /// <summary>One checkpoint under two attacks.</summary>
    public static EvaluationDocument Evaluation() => Document(Result());

    public static EvaluationDocument Document(params IReadOnlyList<EvaluationResult> results) => new()
    {
        Evaluation = "wednesday",
        CreatedAt = new DateTimeOffset(2026, 11, 22, 15, 0, 0, TimeSpan.Zero),
        Seconds = 9,
        Results = results,
    };

    public static EvaluationResult Result() => new()
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

    /// <summary>Under AutoAttack and an attack that measures distances, with all that a result can hold.</summary>
    public static EvaluationResult Full() => Result() with
    {
        Attacks =
        [
            Result().Attacks[0],
            Attack("autoattack", 10, seconds: 30) with { Stages = [new("apgd-ce", 12, 10), new("apgd-t", 11, 8), new("fab-t", 11, 7), new("square", 10, 5)] },
            Attack("fab-distance", 11, seconds: 20) with { Kind = AttackKind.MinimumNorm, MedianDistance = 0.0412 },
            Attack("fog-1", 15, seconds: 1) with { Kind = AttackKind.Corruption },
            Attack("fog-2", 13, seconds: 1) with { Kind = AttackKind.Corruption },
            Attack("gaussian-noise-1", 14, seconds: 1) with { Kind = AttackKind.Corruption },
            Attack("worst-case", 9, seconds: 53),
        ],
        Curve = [new(0, 0.8), new(8.0 / 255, 0.45), new(16.0 / 255, 0.1)],
        Warnings = ["Square broke images that no gradient attack broke."],
    };

    /// <summary>Twenty images, half of each class.</summary>
    public static AttackResult Attack(string name, int correct, double seconds = 1)
    {
        var (low, high) = WilsonInterval.Of(correct, 20);
        return new(name, correct, 20, low, high, seconds, [new("Shirt", correct / 2, 10), new("Coat", correct - correct / 2, 10)]);
    }

    private static EpochMetrics Features(int epoch, double loss, double match) => new(
        "features", epoch, loss, null, null, match, 0.1, 10, new Dictionary<string, double> { ["update"] = 2, ["attack"] = 6, ["data"] = 1 });

    private static EpochMetrics Head(int epoch, double loss, double clean, double robust) => new(
        "head", epoch, loss, clean, robust, null, 0.01, 2, new Dictionary<string, double> { ["data"] = 0.5, ["backward"] = 1 });
}
