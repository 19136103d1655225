using Afa.Attacks;
using Afa.Sweeps;
using Xunit;

namespace Afa.Tests.Sweeps;

public sealed class SweepSummaryTests
{
    private static readonly SweepPoint[] s_points = [new("weak", "weak", []), new("strong", "strong", []), new("mixed", "mixed", []), new("lost", "lost", [])];

    [Fact]
    public void Groups_OfTrialsByHand_RankPointsByTheirMeanWorstCase()
    {
        var group = Assert.Single(SweepSummary.Groups(s_points,
        [
            Trial("weak", 0, [("0.1", 90, 10)]),
            Trial("weak", 1, [("0.1", 90, 30)]),
            Trial("strong", 0, [("0.1", 60, 50)]),
            Trial("strong", 1, null, "The loss is not finite."),
            Trial("mixed", 0, [("0.1", 95, 20)]),
            Trial("lost", 0, null, "No."),
            Trial("lost", 1, null),
        ]));

        // weak and mixed both have a mean of 0.2 in the worst case: the clean accuracy decides.
        Assert.Equal(["strong", "mixed", "weak"], group.Rows.Select(row => row.Point.Name));
        Assert.Equal([1, 0, 0], group.Rows.Select(row => row.Failed));
        Assert.Equal([1, 1, 2], group.Rows.Select(row => row.Find("worst-case")!.Seeds));
        Assert.Equal(0.2, group.Rows[2].Find("worst-case")!.Mean, tolerance: 1e-12);
        Assert.Equal(15, group.Rows[2].TrainingSeconds);
        Assert.Equal(150, group.Rows[2].ImagesPerSecond);
        Assert.Equal(("d", "linf", "0.1", 100), (group.Dataset, group.Norm, group.Epsilon, group.Images));
    }

    [Fact]
    public void Groups_OfSeveralRadii_DoNotMix()
    {
        var groups = SweepSummary.Groups(s_points, [Trial("weak", 0, [("0.1", 90, 30), ("0.2", 90, 5)]), Trial("strong", 0, [("0.2", 80, 20)])]);

        Assert.Equal(["0.1", "0.2"], groups.Select(group => group.Epsilon));
        Assert.Equal(["weak"], groups[0].Rows.Select(row => row.Point.Name));
        Assert.Equal([("strong", 0.2), ("weak", 0.05)], groups[1].Rows.Select(row => (row.Point.Name, row.Find("worst-case")!.Mean)));
    }

    [Fact]
    public void Groups_OfNothingFinished_AreNone() => Assert.Empty(SweepSummary.Groups(s_points, [Trial("weak", 0, null)]));

    private static SweepTrialReport Trial(string point, ulong seed, (string Epsilon, int Clean, int Worst)[]? accuracies, string? failure = null) => new(
        $"{point}-s{seed}", point, seed, "run", "evaluation", failure,
        accuracies is null ? null : new SweepTrialResult
        {
            Checkpoint = "c",
            TrainingSeconds = 10 + 10 * seed,
            ImagesPerSecond = 100 + 100 * seed,
            EvaluationSeconds = 1,
            Accuracies = [.. accuracies.SelectMany(ball => new[] { Accuracy(ball.Epsilon, "clean", ball.Clean), Accuracy(ball.Epsilon, "pgd-20", ball.Worst), Accuracy(ball.Epsilon, "worst-case", ball.Worst) })],
        });

    private static SweepAccuracy Accuracy(string epsilon, string attack, int correct) => new("d", "linf", epsilon, attack, AttackKind.Bounded, correct, 100);
}
